#!/usr/bin/env bash
# What generated images are worth as training data: a classifier of 1,000 real images, of generated ones, and of both,
# tested on the real test part; a table in Markdown.
#
#   jobs/bench/generated-data.sh RUN DATA.h5 [GANTRAIN]
#
#   RUN was trained with --condition labels on DATA.h5.    PER_CLASS=6000  generated images of each class, of 10
#   REAL=1000  real images     EPOCHS=  of each classifier (as for eval's judge)      RANKS=2      SEEDS="1 2 3"
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/lib-bench.sh"
bench_usage $#
run=$1
data=$2
bench_prepare "${3:-}" "${RANKS:-2}"
read -ra seeds <<<"${SEEDS:-1 2 3}"
real=${REAL:-1000}
each=${PER_CLASS:-6000}
work=$(mktemp -d "${TMPDIR:-/tmp}/gantrain-generated.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$program" sample "$run" --class all -n "$each" -o "$work/drawn.h5" >&2

# row NAME OPTIONS...: a classifier for every seed.
row() {
  local name=$1 found=() options=()
  shift
  for seed in "${seeds[@]}"; do
    options=(--test "$data" -o "$work/$seed.judge.h5" --seed "$seed")
    [ -z "${EPOCHS:-}" ] || options+=(--epochs "$EPOCHS")
    "${launch[@]}" "$program" classify train "$@" "${options[@]}" >"$work/log" 2>&1 </dev/null || {
      cat "$work/log" >&2
      exit 1
    }
    found+=("$(sed -nE 's/.* ([0-9.]+) % .*test images.*/\1/p' "$work/log" | tail -n 1)")
  done
  echo "| $name | $(IFS=,; echo "${found[*]}" | sed 's/,/, /g') |"
}

echo "| trained on | test images right, % |"
echo "|---|---|"
row "$real real images" --data "$data" -n "$real"
row "$((10 * each)) generated images" --data "$work/drawn.h5"
row "both" --data "$data" -n "$real" --add "$work/drawn.h5"
