#!/usr/bin/env bash
# Two "hosts" on this machine: two network namespaces joined by a link of 1 Gbit/s, one rank in each, Open MPI over
# TCP. Measures a step with gradients that travel behind other work and with gradients that are waited for, and checks
# that both train the same networks. Needs root, two cores, and a kernel with network namespaces and tbf.
#
#   jobs/bench/two-hosts.sh [GANTRAIN]           the program; build/release/gantrain if not named
#   jobs/bench/two-hosts.sh --exact [GANTRAIN]   measures nothing: do exact runs on two hosts have the bits of one process?
#                                           Exit code 77, and why, where the machine cannot show it (a test of CTest)
#
#   ROUNDS=3  turns of each, one after the other     RATE=1gbit  of the link, as tc has it; none: as fast as it goes
#   CASES="mlp:256:300 dcgan:64:20"   architecture : images a rank : steps
set -euo pipefail

exact=
if [ "${1:-}" = --exact ]; then
  exact=yes
  shift
fi
program=$(realpath -m "${1:-$(dirname "${BASH_SOURCE[0]}")/../../build/release/gantrain}")
rounds=${ROUNDS:-3}
rate=${RATE:-1gbit}
cases=${CASES:-mlp:256:300 dcgan:64:20}
tag=gtbench$$ # namespaces tag-1 and tag-2, hosts of the same names
work=
launcher=

fail() {
  echo "jobs/bench/two-hosts.sh: $1" >&2
  exit 1
}

# This machine will not do.
lacking() {
  [ -z "$exact" ] || {
    echo "skipped: $1"
    exit 77
  }
  fail "$1"
}

# Ends what this script started and nothing else, also after a failure or Ctrl-C.
clean_up() {
  local host pids turn
  trap - EXIT
  if [ -n "$launcher" ] && kill "$launcher" 2>/dev/null; then # it takes a second to end its ranks
    for ((turn = 0; turn < 40; turn++)); do
      kill -0 "$launcher" 2>/dev/null || break
      sleep 0.1
    done
  fi
  for host in "$tag-1" "$tag-2"; do
    pids=$(ip netns pids "$host" 2>/dev/null) || continue
    # shellcheck disable=SC2086 # one word each
    [ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
    ip netns del "$host" || true
  done
  [ -z "$work" ] || rm -rf "$work"
}

check_machine() {
  local tool
  [ "$(id -u)" -eq 0 ] || lacking 'network namespaces need root'
  for tool in ip tc nsenter unshare taskset mpirun python3; do
    command -v $tool >/dev/null || lacking "$tool is missing (Debian: iproute2, util-linux, openmpi-bin, python3)"
  done
  [ -x "$program" ] || fail "$program is not there; build it, or name the program: jobs/bench/two-hosts.sh GANTRAIN"
  read -ra cores < <(python3 -c 'import os; print(*sorted(os.sched_getaffinity(0)))')
  [ "${#cores[@]}" -ge 2 ] || lacking 'two ranks need two cores'
}

link_up() {
  local host
  ip netns add "$tag-1" 2>/dev/null || lacking 'this system lets nobody make network namespaces'
  ip netns add "$tag-2"
  ip link add eth0 netns "$tag-1" type veth peer name eth0 netns "$tag-2"
  for host in 1 2; do
    ip -n "$tag-$host" addr add 10.77.0.$host/24 dev eth0
    ip -n "$tag-$host" link set lo up
    ip -n "$tag-$host" link set eth0 up
    if [ "$rate" != none ]; then
      tc -n "$tag-$host" qdisc add dev eth0 root tbf rate "$rate" burst 128kb latency 50ms
    fi
  done
}

# What Open MPI needs to take a namespace for a host: a name of its own, an address for it, and a way to start there.
write_helpers() {
  printf '127.0.0.1 localhost\n10.77.0.1 %s-1\n10.77.0.2 %s-2\n' "$tag" "$tag" >"$work/hosts"
  cat >"$work/on" <<HELPER
#!/bin/sh
# on HOST COMMAND...
host=\$1
shift
exec nsenter --net=/run/netns/"\$host" unshare --uts --mount --propagation private \\
  /bin/sh -c 'hostname "\$0" && mount --bind $work/hosts /etc/hosts && exec "\$@"' "\$host" "\$@"
HELPER
  cat >"$work/rsh" <<HELPER
#!/bin/sh
# rsh HOST COMMAND AS ONE TEXT
host=\$1
shift
exec $work/on "\$host" /bin/sh -c "\$*"
HELPER
  cat >"$work/pin" <<HELPER
#!/bin/sh
# Each rank on a core of its own: to Open MPI both hosts own all cores, so it would bind both to the first.
[ "\$OMPI_COMM_WORLD_RANK" -eq 0 ] && core=${cores[0]} || core=${cores[1]}
exec taskset -c \$core "\$@"
HELPER
  chmod +x "$work/on" "$work/rsh" "$work/pin"
}

# launch ARGUMENTS...: one rank a host. In the background, so that a signal is not kept waiting.
launch() {
  local outcome=0
  TMPDIR=$work OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$work/on" "$tag-1" mpirun -np 2 \
    --host "$tag-1:1,$tag-2:1" --bind-to none --mca plm rsh --mca plm_rsh_agent "$work/rsh" \
    --mca pml ob1 --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
    --mca mpi_yield_when_idle 1 "$work/pin" "$program" "$@" >"$work/output" 2>&1 </dev/null &
  launcher=$!
  wait "$launcher" || outcome=$?
  launcher=
  if [ "$outcome" -ne 0 ]; then
    cat "$work/output" >&2
    fail "gantrain $* ended with $outcome"
  fi
}

# compare ARCHITECTURE OPTIONS...: exact training, one rank a host, against one process: fingerprint and files.
compare() {
  local arch=$1 options=(--exact --samples 4 --arch "$@")
  local here=$work/$arch-here there=$work/$arch-there same
  launch train "${options[@]}" --out "$there"
  same=$(grep -o 'fingerprint .*' "$work/output") || fail "$arch: no fingerprint"
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$program" train "${options[@]}" --out "$here" \
    >"$work/output" 2>&1 </dev/null || fail "one process: $(tail -n 1 "$work/output")"
  grep -qF "$same" "$work/output" ||
    fail "$arch: $same on two hosts, $(grep -o 'fingerprint .*' "$work/output") in one process"
  if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    /usr/bin/python3 "$(dirname "${BASH_SOURCE[0]}")/../../tests/cli/lib/compare_runs.py" "$here" "$there" ||
      fail "$arch: the files of two hosts have other bits"
  fi
  echo "ok: $arch: one rank on each of two hosts and one process: $same"
}

measure() {
  local combination arch rows steps round
  for combination in $cases; do
    IFS=: read -r arch rows steps <<<"$combination"
    for ((round = 1; round <= rounds; round++)); do
      launch bench --arch "$arch" --batch $((2 * rows)) --steps "$steps" --json "$work/$arch-$rows-$round-behind.json"
      launch bench --arch "$arch" --batch $((2 * rows)) --steps "$steps" --no-overlap \
        --json "$work/$arch-$rows-$round-late.json"
    done
  done
}

report() {
  # shellcheck disable=SC2086 # one word each
  python3 - "$work" "$rounds" "$rate" $cases <<'PYTHON'
import json, statistics, sys

work, rounds, rate, cases = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
same = True
print(f"Two hosts, one rank each, a link of {rate}, TCP; medians of {rounds} runs each, milliseconds a step")
print("| | images a rank | gradients, MB | reduced alone | step, late | step, behind | waited for, late "
      "| waited for, behind | hidden | fingerprint |")
print("|---|---|---|---|---|---|---|---|---|---|")
for case in cases:
    arch, rows, _ = case.split(":")
    runs = {kind: [json.load(open(f"{work}/{arch}-{rows}-{i}-{kind}.json"))["results"][0]
                   for i in range(1, rounds + 1)] for kind in ("late", "behind")}

    def median(kind, name):
        return 1e3 * statistics.median(run[name]["median"] for run in runs[kind])

    prints = {run["fingerprint"] for kind in runs for run in runs[kind]}
    same = same and len(prints) == 1
    alone = statistics.median([median(kind, "reduced_alone_seconds") for kind in runs])
    hidden = statistics.median(run["hidden"] for run in runs["behind"])
    print(f"| {arch} | {rows} | {runs['late'][0]['reduced_bytes_per_step'] / 1e6:.2f} | {alone:.1f} "
          f"| {median('late', 'step_seconds'):.1f} | {median('behind', 'step_seconds'):.1f} "
          f"| {median('late', 'waited_seconds'):.1f} | {median('behind', 'waited_seconds'):.1f} "
          f"| {100 * hidden:.0f} % | {'the same' if len(prints) == 1 else 'DIFFERENT: ' + ' '.join(sorted(prints))} |")
sys.exit(0 if same else "jobs/bench/two-hosts.sh: sending gradients earlier changed the result")
PYTHON
}

check_machine
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
work=$(mktemp -d "${TMPDIR:-/tmp}/gantrain-hosts.XXXXXX")
write_helpers
link_up
if [ -n "$exact" ]; then
  compare mlp --steps 40 --checkpoint-every 15 --sample-every 20
  compare dcgan --steps 4 --batch 32 --checkpoint-every 2
else
  measure
  report
fi
