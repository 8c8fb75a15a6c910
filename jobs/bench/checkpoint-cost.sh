#!/usr/bin/env bash
# What checkpoints cost: the same training with one every 100 steps and with none, in turns, on one rank and the
# built-in images. Prints the time a step takes on average, checkpoints and all, how the two compare, and how much
# longer the step behind a checkpoint takes: the pause for a copy of the state, and what its writing in the background
# takes from that step.
#
#   jobs/bench/checkpoint-cost.sh [GANTRAIN]     the program; build/release/gantrain if not named
#
#   ROUNDS=3  turns of each    ARCH=dcgan  BATCH=64  STEPS=401  EVERY=100
# Put `taskset -c 1` before it to give the background no core of its own: the dearest case.
set -euo pipefail

program=$(realpath -m "${1:-$(dirname "${BASH_SOURCE[0]}")/../../build/release/gantrain}")
rounds=${ROUNDS:-3}
arch=${ARCH:-dcgan}
batch=${BATCH:-64}
steps=${STEPS:-401}
every=${EVERY:-100}
work=$(mktemp -d "${TMPDIR:-/tmp}/gantrain-cost.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# course NAME CHECKPOINT_EVERY: the moment of every step's line, which is printed before what is saved after the step,
# as "step seconds" in the file NAME; the last checkpoint, which every run ends with, is behind them.
course() {
  local line
  rm -rf run
  "$program" train --arch "$arch" --batch "$batch" --steps "$steps" --checkpoint-every "$2" --sample-every 1000000000 \
    --log-every 1 --out run 2>errors </dev/null | while read -r line; do
    if [[ $line =~ ^[0-9]+\ +[0-9.]+\  ]]; then
      echo "${line%% *} $EPOCHREALTIME"
    fi
  done >"$1" || {
    cat errors >&2
    exit 1
  }
  if [ "$(wc -l <"$1")" -ne "$steps" ]; then
    echo "jobs/bench/checkpoint-cost.sh: the training with --checkpoint-every $2 did not end well" >&2
    exit 1
  fi
}

# per_step FILE: milliseconds.
per_step() {
  awk 'NR == 1 { first = $2 } { last = $2; n = NR } END { printf "%.3f", 1000 * (last - first) / (n - 1) }' "$1"
}

# gaps FILE CHECKPOINTS: milliseconds from each step's line to the next one's; 1: behind a checkpoint, 0: the others.
gaps() {
  awk -v every="$every" -v wanted="$2" 'NR > 1 && (before % every == 0) == wanted { printf "%.3f\n", 1000 * ($2 - at) }
    { before = $1; at = $2 }' "$1"
}

median() {
  sort -n | awk '{ value[NR] = $1 } END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

[ "$steps" -gt "$every" ] || {
  echo "jobs/bench/checkpoint-cost.sh: STEPS must be more than EVERY, or there is no checkpoint to measure" >&2
  exit 1
}
printf '%s, batch %s, %s steps, one rank; a checkpoint every %s steps or none\n' "$arch" "$batch" "$steps" "$every"
printf '%-6s %14s %14s %9s\n' round 'with, ms/step' 'none, ms/step' ratio
: >ratios
: >held
for ((round = 1; round <= rounds; round++)); do
  course with "$every"
  size=$(stat -c %s run/checkpoints/*.h5 | head -n 1)
  course none 1000000000
  with=$(per_step with)
  none=$(per_step none)
  ratio=$(awk -v a="$with" -v b="$none" 'BEGIN { printf "%.4f", a / b }')
  printf '%-6s %14s %14s %9s\n' "$round" "$with" "$none" "$ratio"
  echo "$ratio" >>ratios
  usual=$(gaps with 0 | median)
  gaps with 1 | awk -v usual="$usual" '{ print $1 - usual }' >>held
done
printf 'ratio, median: %s; one checkpoint (%.1f MB) makes the step behind it %.1f ms longer (median of %s)\n' \
  "$(median <ratios)" "$(awk -v b="$size" 'BEGIN { print b / 1e6 }')" "$(median <held)" "$(wc -l <held)"
