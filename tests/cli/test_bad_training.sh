#!/usr/bin/env bash
# What train refuses: data sets that cannot be trained on, sizes that do not fit, folders that cannot be
# written, checkpoints of another recipe.
. "$(dirname "$0")/lib/expect.sh"

if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "skipped: python3-h5py, which makes the bad HDF5 files, is missing"
  exit 77
fi
/usr/bin/python3 - <<'EOF'
import h5py, numpy
with h5py.File("table.h5", "w") as f: f["x"] = numpy.zeros((5, 3))
with h5py.File("typed.h5", "w") as f: f["train/images"] = numpy.zeros((50, 4, 4), "complex64")
with h5py.File("empty.h5", "w") as f: f["train/images"] = numpy.zeros((0, 4, 4), "uint8")
with h5py.File("stack.h5", "w") as f: f["scans"] = numpy.zeros((50, 4, 4), "uint8")
with h5py.File("scans.h5", "w") as f: f["s"] = numpy.arange(800, dtype="uint8").reshape(50, 4, 4)
with h5py.File("few.h5", "w") as f: f["train/images"] = numpy.zeros((7, 4, 4), "uint8")
with h5py.File("wild.h5", "w") as f:
    f["train/images"] = numpy.where(numpy.random.default_rng(1).random((640, 8, 8)) > 0.5, 3e38, 2e38).astype("float32")
    f["train/images"].attrs["value_range"] = [0.0, 1.0]
EOF
head -c 3000 "$GANTRAIN_SOURCE_DIR/data/mnist-small.h5" >truncated.h5
printf 'no HDF5\n' >text.h5
short="--preset mlp --steps 2 --batch 16 --samples 4 --out run"

expect 1 'none.h5' $short --data none.h5
expect 1 'text.h5' $short --data text.h5
expect 1 'truncated.h5' $short --data truncated.h5
expect 1 '/x [5,3] float64 has 2 dimensions' $short --data table.h5
expect 1 'typed.h5: /train/images holds' $short --data typed.h5
expect 1 'empty.h5: /train/images has no rows' $short --data empty.h5
expect 1 'name one as FILE:/path' $short --data stack.h5
expect 1 'stack.h5: holds no dataset /other' $short --data stack.h5:/other
expect 2 'no such architecture' $short --arch wonderful
expect 2 '250' --preset mlp --steps 2 --batch 250 --out run
expect 2 'must be a multiple of --pack 3; try --batch 288' --preset mlp --steps 2 --pack 3 --out run
expect 2 'try --batch 48, or --shards 8' --preset mlp --steps 2 --batch 32 --pack 4 --shards 12 --out run
expect 2 "there is no 'flip'" --preset mlp --steps 2 --augment cutout,flip --out run
expect 2 'too small for translation' $short --augment translation --data scans.h5:/s
expect 2 'nothing is changed: give --augment' $short --augment-probability 0.5
expect 2 'smooth-labels: --loss hinge has no labels' $short --loss hinge --smooth-labels 0.9
expect 2 'flip-labels: --loss rpgan has no labels' $short --loss rpgan --flip-labels 0.1
expect 2 'such as --gradient-penalty 10' $short --loss wasserstein
expect 2 'gradient-penalty and --lipschitz-cap are two forms' $short --gradient-penalty 1 --lipschitz-cap 1
expect 2 'a step takes 4800 images, more than the 2000' --preset mlp --batch 48 --d-steps 100 --out run
expect 2 'that random numbers can tell apart: give --steps 477218588 at most' --preset mlp --batch 16 --d-steps 9 --steps 1000000000 --out run
expect 2 'architecture cnn has no batch normalisation' $short --arch cnn --batch-statistics shard
expect 2 'would normalise one value by itself' $short --arch mlp --batch-statistics shard
expect_at 2 2 'not enough for a pack on each of 2 ranks' --preset mlp --steps 2 --pack 4 --data few.h5 --out run
expect_at 2 2 'shards' --preset mlp --steps 2 --batch 16 --shards 1 --out run
expect_at 1 2 'batch' --preset mlp --steps 2 --batch 16 --data few.h5 --out run
expect_absent run

# Losses that are not finite end all ranks by themselves, not by a crash on the way out.
expect_at 1 1 'became NaN or infinite' --preset mlp --steps 9 --batch 64 --data wild.h5 --out wild
expect_at 3 1 'became NaN or infinite' --preset mlp --steps 9 --batch 64 --data wild.h5 --out wild3
grep -qE 'corrupted|signal' output && complain "3 ranks that leave after a failure crash"

: >file
expect 1 'file' --preset mlp --steps 2 --batch 16 --samples 4 --out file/run
expect_at 2 0 '' $short
expect 2 'run' $short
expect 2 '--batch 32 contradicts' --preset mlp --steps 3 --batch 32 --out run --resume
expect 2 '--arch article contradicts' --preset mlp --steps 3 --arch article --out run --resume
expect 2 '--augment cutout contradicts' --preset mlp --steps 3 --augment cutout --out run --resume
expect 2 '--d-steps 2 contradicts' --preset mlp --steps 3 --d-steps 2 --out run --resume
expect 2 '--reuse-fakes 1 contradicts' --preset mlp --steps 3 --reuse-fakes --out run --resume
expect 2 '--gradient-penalty 1 contradicts' --preset mlp --steps 3 --gradient-penalty 1 --out run --resume
expect 2 '--pack 2 contradicts' --preset mlp --steps 3 --pack 2 --out run --resume
expect 2 '--seed 5 contradicts' --preset mlp --steps 3 --seed 5 --out run --resume
expect 1 'none' sample none -n 4 -o x.png
expect 2 '.h5' sample run -n 4 -o x.jpeg
mkdir empty
expect 1 'empty: is a folder, but no run' sample empty -n 4 -o x.png
expect_absent x.png x.jpeg
expect_at 1 0 '1 image of step 2' sample run/checkpoints -n 1 -o x.png

# A run's images may have been moved.
expect_at 1 0 '' --preset mlp --steps 2 --batch 16 --samples 4 --out moved --data scans.h5:/s
mv scans.h5 elsewhere.h5
expect 1 'scans.h5:/s: the images of this run do not exist under this name' --preset mlp --steps 3 --out moved --resume
expect 2 '--samples 5 contradicts' --preset mlp --steps 3 --samples 5 --out moved --resume --data elsewhere.h5:/s
expect_at 2 0 'at step 3' --preset mlp --steps 3 --out moved --resume --data elsewhere.h5:/s
finish
