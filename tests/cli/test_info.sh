#!/usr/bin/env bash
# info: a run is told on one screen, and --config repeats it.
. "$(dirname "$0")/lib/expect.sh"

expect_at 2 0 'fingerprint' --steps 9 --batch 64 --d-lr 0.00034567891234 --samples 5 --arch mlp --exact --out run
mv output first
expect_at 1 0 'd_accuracy' info run
[ "$(wc -l <output)" -le 24 ] || complain "info of a run has more lines than a screen"
[ "$(grep -c 'recipe:' output)" -eq 1 ] || complain "the recipe is not told once"
expect_at 1 0 'recipe:' info run/metrics.h5

"$GANTRAIN" info --config run >run.conf || complain "info --config fails"
for line in 'd-lr = 0.00034567891234' 'exact = yes' 'samples = 5' 'steps = 9'; do
  grep -qxF "$line" run.conf || { cp run.conf output && complain "run.conf lacks $line"; }
done
expect_at 1 0 'fingerprint' --config run.conf --out again
[ "$(grep ^fingerprint output)" = "$(grep ^fingerprint first)" ] || complain "the config file does not repeat the run"

# Options that did nothing are not recorded, but the config file has them, since the preset of --arch may differ.
expect_at 1 0 'fingerprint' --preset quick --r1 0 --r2 0 --lr-decay off --steps 2 --batch 16 --samples 4 --exact --out plain
mv output first
"$GANTRAIN" info --config plain >plain.conf || complain "info --config fails"
expect_at 1 0 'fingerprint' --config plain.conf --out plain-again
[ "$(grep ^fingerprint output)" = "$(grep ^fingerprint first)" ] || complain "the config file has other values than the run"
expect 1 'none.h5' info --config none.h5
finish
