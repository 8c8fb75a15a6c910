# shellcheck shell=bash disable=SC2034,SC2154 # names that the tests use, and one of cluster.sh
# Sourced after cluster.sh: an installed copy of the program and its job scripts, and what the tests do with jobs.

failures=0
complain() {
  echo "FAILED: $1"
  [ ! -e "${2:-}" ] || tail -n 40 "$2" | sed 's/^/    /'
  failures=$((failures + 1))
}
ok() {
  echo "ok: $1"
}

cmake --install "$(dirname "$GANTRAIN")" --prefix "$cluster/prefix" >install.txt 2>&1 || complain "cmake --install" install.txt
jobs=$cluster/prefix/share/gantrain/jobs
export PATH=$cluster/prefix/bin:$PATH
unset GANTRAIN

small=(--preset mlp --exact --batch 32 --samples 4 --checkpoint-every 20 --sample-every 20)
two=(--nodes=2 --ntasks-per-node=1 --time=10)

# state JOB: RUNNING, PENDING, COMPLETED, ...
state() {
  scontrol -o show job "$1" 2>/dev/null | sed -n '1s/.*JobState=\([A-Z_]*\).*/\1/p'
}
restarts() {
  scontrol -o show job "$1" 2>/dev/null | sed -n '1s/.*Restarts=\([0-9]*\).*/\1/p'
}

# wait_until SECONDS COMMAND...: true as soon as the command is.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}
ended() {
  case $(state "$1") in PENDING | RUNNING | COMPLETING | CONFIGURING | REQUEUED) return 1 ;; esac
}
# wait_end JOB SECONDS
wait_end() {
  local end=$((SECONDS + $2))
  until ended "$1"; do
    if [ "$SECONDS" -ge "$end" ]; then
      complain "job $1 did not end in $2 s: $(scontrol -o show job "$1")" "gantrain-$1.out"
      scancel "$1"
      return 1
    fi
    sleep 0.3
  done
}
# fingerprint FILE: the last one in a job's output.
fingerprint() {
  grep -o 'fingerprint .*' "$1" | tail -n 1
}
training() {
  [ -n "$(find "$1/checkpoints" -name 'step-*.h5' 2>/dev/null)" ]
}
submit() {
  sbatch --parsable "$@"
}
finish() {
  if [ "$failures" -ne 0 ]; then
    echo "$failures failed"
    exit 1
  fi
}
