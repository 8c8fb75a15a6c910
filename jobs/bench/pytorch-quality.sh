#!/usr/bin/env bash
# PyTorch's run of the dcgan recipe for the same time, judged by gantrain eval: FILE.json for time_to_quality.py, and the
# figures of its last images.
#
#   jobs/bench/pytorch-quality.sh DATA.h5 FILE.json [GANTRAIN]
#
#   TIME=120 (seconds of training)   EVERY=15 (seconds between samples)   RANKS=2   ARCH=dcgan   ROWS=32 (images a rank)
#   SEED=1   N=2000 (images judged)   PYTHON=/usr/bin/python3 (Debian: python3-torch, python3-h5py)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/lib-bench.sh"
bench_usage $#
data=$1
result=$2
ranks=${RANKS:-2}
bench_prepare "${3:-}" "$ranks"
export OMP_NUM_THREADS=1
samples=${result%.json}.h5

"${PYTHON:-/usr/bin/python3}" "$here/pytorch_gan.py" --arch "${ARCH:-dcgan}" --rows "${ROWS:-32}" --ranks "$ranks" \
  --train "$data" --seconds "${TIME:-120}" --every "${EVERY:-15}" --samples "${N:-2000}" --seed "${SEED:-1}" --save "$samples"
points=()
for name in $(/usr/bin/python3 -c 'import h5py, sys; print(*h5py.File(sys.argv[1], "r"))' "$samples"); do
  "${launch[@]}" "$program" eval "$samples:/$name" --data "$data" --json "$result.one" >/dev/null
  points+=("$(/usr/bin/python3 - "$samples" "$name" "$result.one" <<'PYTHON'
import json, sys

import h5py

file, name, figures = sys.argv[1:]
with open(figures) as f:
    found = json.load(f)["figures"]
seconds = float(h5py.File(file, "r")[name].attrs["seconds"])
print(json.dumps({"seconds": seconds, **found}))
PYTHON
)")
done
rm -f "$result.one"
(
  IFS=,
  echo "[${points[*]}]"
) >"$result"
/usr/bin/python3 "$here/time_to_quality.py" "$result"
