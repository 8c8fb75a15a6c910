#!/usr/bin/env bash
# How good every preset's images are after the same wall time: presets x seeds x data sets, each run for TIME, judged by
# gantrain eval; a table in Markdown with mean and spread over the seeds. Started again it goes on where it was.
#
#   jobs/bench/quality.sh [GANTRAIN]      the program; build/release/gantrain if not named
#
#   PRESETS="quick mlp dcgan article"     each a name, or NAME=OPTIONS: "wide=--preset quick --batch 128", one a line then
#   SEEDS="1 2 3"    DATA="data/mnist.h5 data/fashion.h5"    RANKS=2    TIME=120 (seconds of training)
#   EVAL_EVERY=0     steps between measurements, for time-to-quality.py; their time is not part of TIME's steps
#   EVAL_N=          images to judge (10,000)          OUT=runs/quality
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seconds=${TIME:-120}
out=${OUT:-runs/quality}
ranks=${RANKS:-2}
read -ra seeds <<<"${SEEDS:-1 2 3}"
read -ra data <<<"${DATA:-data/mnist.h5}"
if [[ ${PRESETS:-} == *=* ]]; then
  mapfile -t presets <<<"$PRESETS"
else
  read -ra presets <<<"${PRESETS:-quick mlp dcgan article}"
fi
. "$(dirname "${BASH_SOURCE[0]}")/lib-bench.sh"
bench_prepare "${1:-}" "$ranks"

# train FOLDER OPTIONS...: exit code 75 is the end of --max-time, and as good as 0.
train() {
  local folder=$1 code=0
  shift
  rm -rf "$folder"
  "${launch[@]}" "$program" train --out "$folder" "$@" >"$folder.log" 2>&1 </dev/null || code=$?
  if [ "$code" -ne 0 ] && [ "$code" -ne 75 ]; then
    echo "jobs/bench/quality.sh: $folder: exit code $code, see $folder.log" >&2
    return 1
  fi
}

# steps_for FOLDER OPTIONS...: how many steps fit into the time, by a short trial, a longer one where that did nothing:
# what a recipe does over its course (--lr-decay) needs to know its end.
steps_for() {
  local trial=$1-trial part=$((seconds / 10 > 10 ? seconds / 10 : 10)) found=''
  while [ -z "$found" ] && [ "$part" -lt 10000 ]; do
    train "$trial" "${@:2}" --steps 1000000000 --max-time "$part" --checkpoint-every 1000000000 --sample-every 1000000000
    found=$(sed -nE 's/^done +([0-9]+) steps in ([0-9:]+),.*/\1 \2/p' "$trial.log" | awk -v all="$seconds" '{
      n = split($2, part, ":"); spent = 0
      for (i = 1; i <= n; i++) spent = 60 * spent + part[i]
      if ($1 > 1 && spent > 0) print int($1 * all / spent)
    }')
    part=$((2 * part))
  done
  rm -rf "$trial" "$trial.log"
  echo "$found"
}

one() {
  local set=$1 preset=$2 seed=$3 name options folder steps
  name=${preset%%=*}
  options="--preset $name"
  [[ $preset != *=* ]] || options=${preset#*=}
  folder=$out/$(basename "$set" .h5)/$name/$seed
  mkdir -p "$(dirname "$folder")"
  read -ra words <<<"$options --data $set --seed $seed"
  if [ ! -e "$folder.trained" ]; then
    echo "training $folder" >&2
    steps=$(steps_for "$folder" "${words[@]}")
    [ "${EVAL_EVERY:-0}" -eq 0 ] || words+=(--eval-every "$EVAL_EVERY")
    train "$folder" "${words[@]}" --steps "$steps" --max-time $((seconds * 3 / 2 + 60))
    : >"$folder.trained"
  fi
  if [ ! -s "$folder.json" ]; then
    local judged=()
    [ -z "${EVAL_N:-}" ] || judged=(-n "$EVAL_N")
    "${launch[@]}" "$program" eval "$folder" "${judged[@]}" --json "$folder.json.new" >/dev/null
    mv "$folder.json.new" "$folder.json"
  fi
}

for set in "${data[@]}"; do
  for seed in "${seeds[@]}"; do
    for preset in "${presets[@]}"; do
      one "$set" "$preset" "$seed"
    done
  done
done
/usr/bin/python3 "$here/quality_table.py" "$out"
