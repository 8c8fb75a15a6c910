#!/usr/bin/env bash
# Before the first sample is due there are pictures, after 8, 16, 32, ... steps; samples.h5 does not have them.
. "$(dirname "$0")/lib/expect.sh"

course=(--preset mlp --exact --batch 16 --samples 4 --sample-every 100) # so are the checkpoints, of 125 steps an epoch
# Files are renamed in this order: samples.h5 and samples.png of step 0, metrics.h5 and samples.png of step 8, and
# metrics.h5 of step 16.
GT_FAULT=die-before-rename:0:5 mpirun -np 1 "$GANTRAIN" "${course[@]}" --steps 20 --out killed >output 2>&1 </dev/null
"$GANTRAIN" info killed/samples.h5 >printed 2>&1
grep -q '1 time.* the last at step 0$' printed || { cp printed output && complain "samples.h5 has early pictures"; }
expect_at 1 0 'at step 8' "${course[@]}" --steps 8 --out eight
cmp killed/samples.png eight/samples.png >output 2>&1 || complain "there was no picture after 8 steps"
finish
