#!/usr/bin/env bash
# What a resume takes from the checkpoint and what it may be told otherwise: the course (end, cadence, what is kept), the
# learning rates; and that it never begins a run by itself.
. "$(dirname "$0")/lib/expect.sh"

small=(--preset mlp --batch 400 --samples 4) # five steps an epoch
# checkpoints FOLDER: their steps.
checkpoints() {
  ls "$1/checkpoints" | sed 's/step-0*//; s/\.h5//' | paste -s -d ' '
}
# samples_at FOLDER: how many times samples.h5 has.
samples_at() {
  "$GANTRAIN" info "$1/samples.h5" | grep -oE '[0-9]+ times?' | head -n 1
}
same() {
  : >output
  [ "$1" = "$2" ] || complain "$3: $1, $2 was expected"
}

# A run that is killed while it writes the checkpoint of step 12 goes on to the end that it was given. (A checkpoint with
# samples writes three files.)
run=(--epochs 4 --keep 0 --checkpoint-every 2 --sample-every 3)
code=0
GT_FAULT=die-before-rename:0:12 mpirun -np 1 "$GANTRAIN" "${small[@]}" "${run[@]}" --out run >output 2>&1 </dev/null || code=$?
[ "$code" -ne 0 ] || complain "the run was not killed"
expect_at 1 0 'at step 20' --out run --resume
same "$(checkpoints run)" '2 4 6 8 10 12 14 16 18 20' 'a resume without --keep and --checkpoint-every'
expect_at 1 0 'nothing to do: 20 of 20 steps' --out run --resume
expect_at 1 0 'fingerprint' "${small[@]}" "${run[@]}" --out whole
same "$(samples_at run)" "$(samples_at whole)" 'samples'

# A resume with a smaller --keep leaves the checkpoints that were there, also at the next resume. Samples of another
# cadence stay, too.
expect_at 1 0 'at step 30' --out run --resume --keep 2 --epochs 6
same "$(checkpoints run)" '2 4 6 8 10 12 14 16 18 20 28 30' 'a resume with --keep 2'
before=$(samples_at run)
expect_at 1 0 'at step 36' --out run --resume --steps 36 --sample-every 7
same "$(checkpoints run)" '2 4 6 8 10 12 14 16 18 20 34 36' 'the resume after that'
same "$(samples_at run)" "$((${before% *} + 2)) times" "after $before, samples of 35 and 36"

# Fine-tuning: a resume with other learning rates.
expect_at 1 0 'g-lr 0.0002 -> 0.0001' --out run --resume --steps 40 --g-lr 0.0001
expect_at 1 0 'at step 42' --out run --resume --steps 42
expect_at 2 0 'at step 44' --out run --resume --steps 44 --lr 0.001 --beta1 0.4
expect_at 1 0 'step 36: g-lr 0.0002 -> 0.0001; step 42: g-lr 0.0001 -> 0.001, d-lr 0.0002 -> 0.001, beta1 0.5 -> 0.4' \
  info run/checkpoints/step-00000044.h5
expect_at 1 0 'changed  from here on: lr-decay off -> 0.5:0.1, end of the course 44 -> 46' \
  --out run --resume --steps 46 --lr-decay 0.5:0.1
expect_at 1 0 'changed  from here on: end of the course 46 -> 48' --out run --resume --steps 48
expect 2 '--shards 8 contradicts' --out run --resume --steps 46 --shards 8

# A schedule follows the step and the planned end: a run that stopped on its way ends where one that did not does.
recipe=("${small[@]}" --arch cnn --loss rpgan --r1 1 --steps 6 --lr-decay 0.3:0.1 --penalty-decay 0:0.2 --warm-up 2 --exact
  --spectral-norm --clip-gradients 0.5)
expect_at 1 0 'from step 2 on, the learning rates fall to 0.1 of their values by' "${recipe[@]}" --out unstopped
fingerprint=$(grep -o 'fingerprint .*' output)
expect_at 2 0 'the penalties fall to 0.2 of their values by' "${recipe[@]}" --out two
same "$(grep -o 'fingerprint .*' output)" "$fingerprint" 'a schedule on two ranks'
GT_FAULT=die-before-rename:0:9 mpirun -np 1 "$GANTRAIN" "${recipe[@]}" --checkpoint-every 3 --out stopped >output 2>&1 </dev/null &&
  complain "the run was not killed"
expect_at 1 0 'from step' --out stopped --resume
same "$(grep -o 'fingerprint .*' output)" "$fingerprint" 'a schedule that was stopped'
grep -q 'changed' output && complain "a resume without options changed the recipe"
expect 2 '--warm-up 7: the course has only 6 steps' --steps 6 --warm-up 7 --out never
expect 2 '--penalty-decay: there is no penalty' --preset mlp --steps 2 --penalty-decay 0:0 --out never
expect 2 '--lr-decay 0.6: START:FLOOR was expected' --steps 2 --lr-decay 0.6 --out never
expect_absent never

# A resume where there is no run begins none.
expect 2 'there is no folder runs/cnn-1' --steps 2 --resume
expect 2 'runs in .: ' --steps 2 --resume --out rnu
mkdir empty
expect 2 'empty holds no checkpoint to go on from (it holds: nothing)' --steps 2 --resume --out empty
expect_absent runs rnu empty/*
expect_at 2 0 'there is no checkpoint in begun yet, so a new run starts' "${small[@]}" --steps 2 --out begun --auto-resume
expect_at 1 0 'at step 3' --steps 3 --out begun --auto-resume
rm begun/checkpoints/*
expect 2 'begun holds no checkpoint to go on from (it holds: ' --steps 3 --out begun --resume
expect_at 1 0 'at step 3' "${small[@]}" --steps 3 --out begun --auto-resume
grep -qF 'begun/metrics.h5 exists, but no checkpoint does; it is kept as begun/metrics.h5.aside-1' output ||
  complain "metrics.h5 of a run without checkpoints"
[ -f begun/metrics.h5.aside-1 ] && [ -f begun/samples.h5.aside-1 ] || complain "it was not kept"
expect 2 '--auto-resume contains --resume' --resume --auto-resume
finish
