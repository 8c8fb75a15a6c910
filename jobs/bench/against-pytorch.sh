#!/usr/bin/env bash
# gantrain and PyTorch at the same networks, batch and step, in turns on the same cores: images/s and the ratio of the
# medians, on one core and with two ranks. Prints a table in Markdown. Runs for some minutes; wants a quiet machine.
#
#   jobs/bench/against-pytorch.sh [GANTRAIN]      the program; build/release/gantrain if not named
#
#   ROUNDS=5   turns of each      PYTHON=/usr/bin/python3   the one that has torch (Debian: python3-torch)
#   CASES="mlp:64:1 ..."          architecture : images a rank : ranks
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath -m "${1:-$here/../../build/release/gantrain}")
rounds=${ROUNDS:-5}
python=${PYTHON:-/usr/bin/python3}
cases=${CASES:-mlp:64:1 mlp:256:1 dcgan:64:1 mlp:64:2 mlp:256:2 dcgan:64:2}

if [ ! -x "$program" ]; then
  echo "jobs/bench/against-pytorch.sh: $program is not there; build it, or name it: jobs/bench/against-pytorch.sh GANTRAIN" >&2
  exit 1
fi
if ! "$python" -c 'import torch' 2>/dev/null; then
  echo "jobs/bench/against-pytorch.sh: skipped, $python has no PyTorch (Debian: python3-torch; PYTHON names another)"
  exit 77
fi
read -ra cores < <("$python" -c 'import os; print(*sorted(os.sched_getaffinity(0)))')

# Both get the matrix products that the processor is capable of (see README.md beside this file), unless told otherwise.
if [ -z "${OPENBLAS_CORETYPE:-}" ]; then
  if grep -qm 1 '^flags.* avx512vl' /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=SkylakeX
  elif grep -qm 1 '^flags.* avx2' /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=Haswell
  fi
fi
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

work=$(mktemp -d "${TMPDIR:-/tmp}/gantrain-pytorch.XXXXXX")
trap 'rm -rf "$work"' EXIT

# ours ARCH ROWS RANKS OUTPUT and theirs, the same way
ours() {
  local launch=(taskset -c "${cores[0]}")
  [ "$3" -eq 1 ] || launch=(mpirun -np "$3" --bind-to core)
  "${launch[@]}" "$program" bench --arch "$1" --batch $(($2 * $3)) --json - >"$4"
}

theirs() {
  "$python" "$here/pytorch_gan.py" --arch "$1" --rows "$2" --ranks "$3" >"$4"
}

# One line of the table from the files of a case.
row() {
  "$python" - "$@" <<'PYTHON'
import json, statistics, sys

arch, rows, ranks, *files = sys.argv[1:]


def rates(kind):
    found = []
    for name in files:
        if name.endswith(kind):
            run = json.load(open(name))
            found.append((run["results"][0] if "results" in run else run)["images_per_s"]["median"])
    return found


def words(values):
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


a, b = rates(".ours"), rates(".theirs")
print(f"| {arch} | {rows} | {ranks} | {words(a)} | {words(b)} | {statistics.median(a) / statistics.median(b):.2f} |")
PYTHON
}

echo "images/s, median of $rounds runs in turns (least to most); OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-not set}," \
  "PyTorch $("$python" -c 'import torch; print(torch.__version__)')"
echo '| networks | images a rank | ranks | gantrain | PyTorch | ratio |'
echo '|---|---|---|---|---|---|'
for combination in $cases; do
  IFS=: read -r arch rows ranks <<<"$combination"
  if [ "$ranks" -gt "${#cores[@]}" ]; then
    echo "$combination is skipped: $ranks ranks need as many cores, there are ${#cores[@]}" >&2
    continue
  fi
  files=()
  for ((round = 1; round <= rounds; round++)); do
    ours "$arch" "$rows" "$ranks" "$work/$round.ours"
    theirs "$arch" "$rows" "$ranks" "$work/$round.theirs"
    files+=("$work/$round.ours" "$work/$round.theirs")
  done
  row "$arch" "$rows" "$ranks" "${files[@]}"
done
