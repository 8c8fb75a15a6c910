#!/usr/bin/env bash
# A run that stopped and went on ends where the undisturbed one does: the same fingerprint at the same number of
# ranks, and the same files; on another number of ranks the run goes on as well.
. "$(dirname "$0")/lib/expect.sh"

# train RANKS FOLDER STEPS [OPTIONS...]; the fingerprint's line goes to "fingerprint".
train() {
  local ranks=$1 folder=$2 steps=$3
  shift 3
  if ! run "$ranks" train --preset mlp --out "$folder" --steps "$steps" --batch 48 --checkpoint-every 50 --samples 4 \
    --sample-every 50 "$@"; then
    complain "$ranks ranks: $steps steps of training in $folder failed"
  fi
  fingerprint=$(grep -m 1 -o 'fingerprint .*' output || echo none)
}

for ranks in 1 2 3; do
  train "$ranks" "whole-$ranks" 100
  whole=$fingerprint
  train "$ranks" "parts-$ranks" 60
  train "$ranks" "parts-$ranks" 100 --resume
  if [ "$fingerprint" != "$whole" ] || [ "$whole" = none ]; then
    complain "$ranks ranks: 60 steps, a stop and 40 steps end at \"$fingerprint\", 100 steps at \"$whole\""
  else
    echo "ok: $ranks ranks, 100 steps and 60 + 40 steps: $whole"
  fi
done

# The convolutional networks, in few steps.
for ranks in 1 3; do
  train "$ranks" "dcgan-whole-$ranks" 2 --arch dcgan
  whole=$fingerprint
  train "$ranks" "dcgan-parts-$ranks" 1 --arch dcgan
  train "$ranks" "dcgan-parts-$ranks" 2 --arch dcgan --resume
  if [ "$fingerprint" != "$whole" ] || [ "$whole" = none ]; then
    complain "dcgan, $ranks ranks: 1 step, a stop and 1 step end at \"$fingerprint\", 2 steps at \"$whole\""
  else
    echo "ok: dcgan, $ranks ranks, 2 steps and 1 + 1 steps: $whole"
  fi
done

# The shorter run's last sample, of step 60, is not one of the longer run's, of steps 0, 50 and 100.
"$GANTRAIN" info whole-1/samples.h5 | sed 's/whole-1/RUN/; s/run_id [0-9a-f]*/run_id ID/' >whole.txt
"$GANTRAIN" info parts-1/samples.h5 | sed 's/parts-1/RUN/; s/run_id [0-9a-f]*/run_id ID/' >parts.txt
diff whole.txt parts.txt >output || complain "the samples are not those of the run that did not stop"

train 2 moved 60
train 4 moved 80 --resume
train 1 moved 100 --resume
case $fingerprint in
  *'at step 100') echo "ok: 60 steps on 2 ranks, 20 on 4, 20 on 1: $fingerprint" ;;
  *) complain "a run moved over 2, 4 and 1 ranks ends at \"$fingerprint\"" ;;
esac
finish
