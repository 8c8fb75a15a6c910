#!/usr/bin/env bash
# gantrain classify and eval: their files, their refusals, and that all use the same judge.
. "$(dirname "$0")/lib/expect.sh"
small=$GANTRAIN_SOURCE_DIR/data/mnist-small.h5

# A run's samples have the same figures as the same images from a file. Nothing but the program is needed.
run 2 train --arch mlp --steps 3 --batch 64 --out r || complain "training"
expect 0 'judge      embedded' eval r -n 100
expect_at 1 0 '"step": 3' eval r -n 100 --json -
expect_at 1 0 '100 images' sample r -n 100 -o s.h5
figures() { sed -n '/"figures"/,/}/p' output; }
run 2 eval r -n 100 --json - && figures >of_run
run 1 eval s.h5:/samples --json - && figures >of_file
[ -s of_run ] && cmp of_run of_file || complain "a run and its samples differ"
grep -q 'frechet_distance' of_run || complain "no figures"

# Images that are copies of training images are found.
run 1 eval "$small:/train/images" -n 100 --json - -o e.h5
grep -q '"memorisation": 1.0' output || complain "copies of training images are not recognised"
expect_at 1 0 'the results of gantrain eval' info e.h5

# Floats without a value_range are compared in the units of the data, not scaled by their own range.
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  /usr/bin/python3 - <<'PYTHON'
import h5py, numpy
x = numpy.random.default_rng(1).random((400, 8, 8), "float32")
with h5py.File("floats.h5", "w") as f: f["train/images"], f["test/images"], f["half"] = 100 * x[:200], 100 * x[200:], 50 * x[200:]
PYTHON
  run 2 eval floats.h5:/half --data floats.h5 --json -
  grep -q '"histogram_distance": 0.[4-6]' output || complain "images of half the brightness look like the data"
fi

# A classifier: the same bytes on any number of ranks; eval makes one beside the data, once.
cp "$small" own.h5
expect_at 2 0 'own.judge.h5: written' classify train --data own.h5 --epochs 1
mv own.judge.h5 two.h5
expect_at 3 0 'c.h5: written' classify train --data own.h5 --epochs 1 -o c.h5
cmp two.h5 c.h5 || complain "a classifier depends on the number of ranks"
trained=$(grep 'test images right' output)
expect 0 "${trained#*: }" classify test --data own.h5 --judge c.h5
expect_at 1 0 'a classifier of gantrain' info c.h5
expect_at 2 0 'there is none for own.h5 yet' eval r -n 64 --data own.h5
expect_at 1 0 'judge      own.judge.h5' eval r -n 64 --data own.h5
expect_at 1 0 'none, because the data have no labels' eval r -n 64 --data "own.h5:/train/images"

# Measuring while a run trains changes no bit of it, has the same bits at any number of ranks, and can end it.
train() { run "$1" --arch mlp --batch 64 --exact --steps 12 "${@:2}"; }
train 2 --out plain
fingerprint=$(grep '^fingerprint' output)
train 2 --out measured --eval-every 4
[ "$(grep '^fingerprint' output)" = "$fingerprint" ] || complain "measuring changes the training"
[ "$(grep -cE ' fd [0-9(]' output)" -eq 4 ] || complain "not three measurements and a floor"
train 3 --out three --eval-every 4 --target 'frechet_distance<1'
for out in measured three; do h5dump -d /frechet_distance -d /coverage $out/metrics.h5 | grep -v HDF5 >$out.series; done
grep -q '[0-9][.][0-9]' three.series || complain "no series"
cmp measured.series three.series || complain "the series depend on the number of ranks"
expect_at 2 0 'target   reached at step 4' --preset mlp --steps 12 --batch 64 --out target --eval-every 4 --target 'fd<1e9'
expect_at 1 0 'step 4' info target
expect_at 1 0 'at step 5' --resume --steps 5 --out target --eval-every 0 # the target came from the checkpoint
expect 2 'the metrics are: fd' --out bad --eval-every 4 --target 'fx<9'
expect 2 'give --eval-every' --out bad --target 'fd<9'
expect 2 'give --eval-every' --out bad --judge c.h5
expect_absent bad
expect 1 'none.h5: ' --preset mlp --steps 1 --batch 64 --out late --eval-every 1 --judge none.h5
expect_at 1 0 'at step 1' --preset mlp --steps 1 --batch 64 --out late # the refused start began no run in that folder

# What is refused.
printf '\x40' | dd of=c.h5 bs=1 seek=9000 conv=notrunc status=none
expect 1 'c.h5: ' eval r --judge c.h5
expect 1 's.h5: is no classifier' eval r --judge s.h5
expect 2 'the second word must be train or test' classify tset
expect 2 'classify train: --judge' classify train --judge c.h5
expect 2 'classify test writes no file: leave -o out' classify test -o c.h5
expect 2 'give -o' classify train
expect 2 '-n 101' eval s.h5:/samples -n 101
expect 1 'nothing' eval nothing
expect 1 'none.json' eval r -n 64 --json none/none.json
make_idx good
run 1 import idx good -o other.h5 --validation 10
expect 2 'images of 28 x 28 x 1' eval r --data other.h5
expect_at 2 0 'none, because there are too few training images' eval other.h5:/train/images --data other.h5 -n 30
finish
