#!/usr/bin/env bash
# --condition labels from the labels of a file to images of a class: the same bits on any number of ranks and
# after a resume; what sample, eval and info make of it; what is refused, and with which reason.
. "$(dirname "$0")/lib/expect.sh"

if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "skipped: python3-h5py, which makes and reads the files, is missing"
  exit 77
fi
/usr/bin/python3 - <<'EOF2'
import h5py, numpy
rng = numpy.random.default_rng(1)
labels = numpy.where(numpy.arange(160) % 4 == 1, 3, 2 * (numpy.arange(160) % 2))  # 0, 2 and 3
images = (rng.random((160, 6, 6)) * 200 + labels[:, None, None]).astype("uint8")
def write(name, train, validation):
    with h5py.File(name, "w") as f:
        f["train/images"], f["validation/images"] = images, images[:20]
        if train is not None: f["train/labels"] = train
        if validation is not None: f["validation/labels"] = validation
write("data.h5", labels, labels[:20])
write("other.h5", labels[::-1], labels[:20])
write("none.h5", None, None)
write("half.h5", labels, None)
write("one.h5", numpy.full(160, 4), None)
write("short.h5", labels[:100], None)
write("negative.h5", labels - 1, None)
EOF2
short="--preset mlp --loss rpgan --r1 1 --average 500 --batch 32 --shards 8 --samples 9 --checkpoint-every 4"

# What is refused at the start.
expect 2 'none.h5: the training images have no labels' $short --steps 2 --data none.h5 --condition labels --out bad
expect 2 'have the label 4, so there is nothing to tell apart' $short --steps 2 --data one.h5 --condition labels --out bad
expect 2 '/train/labels has 1 dimension and 100 rows' $short --steps 2 --data short.h5 --condition labels --out bad
expect 1 'the label of image' $short --steps 2 --data negative.h5 --condition labels --out bad
expect 2 'no labels' $short --steps 2 --data data.h5:/train/images --condition labels --out bad
expect 2 'expected one of: labels' $short --steps 2 --data data.h5 --condition classes --out bad
expect 2 'leave out --pack or --condition' $short --steps 2 --data data.h5 --condition labels --pack 2 --out bad
expect_at 1 0 'the validation images have no labels' $short --steps 5 --data half.h5 --condition labels --out half
expect_absent bad

# The same model on any number of ranks, also after a stop and a resume.
train() { run "$1" $short --lr-decay off --exact --data data.h5 --condition labels "${@:2}" || complain "training"; }
train 1 --steps 8 --out whole
whole=$(grep '^fingerprint' output)
grep -q 'accuracy' output || complain "no columns"
train 2 --steps 4 --out parts
train 3 --steps 8 --resume --out parts
[ "$(grep '^fingerprint' output)" = "$whole" ] || complain "other bits on 2 and 3 ranks, stopped and resumed"
/usr/bin/python3 "$GANTRAIN_SOURCE_DIR/tests/cli/lib/compare_runs.py" whole parts >output 2>&1 || complain "the files differ"
expect_at 1 0 'conditioned on the labels' info whole
expect_at 1 0 'class_counts 80 0 40 40' info whole

# Resumes with options that contradict the condition.
cp data.h5 same.h5
expect 2 'holds other labels' --steps 9 --resume --out whole --data other.h5
expect_at 2 0 'at step 9' --steps 9 --resume --out whole --data same.h5
run 1 $short --steps 2 --data data.h5 --out plain
expect 2 '--condition labels contradicts' --steps 3 --resume --out plain --condition labels

# Images of one class, of each class, and of classes as often as in the data.
expect_at 1 0 '10 images' sample whole -n 10 --class 2 -o two.h5
expect_at 1 0 '15 images' sample whole -n 5 --class all -o all.h5
expect_at 1 0 '15 images' sample whole -n 5 --class all -o all.png --scale 1
expect_at 1 0 '3000 images' sample whole -n 3000 -o drawn.h5
expect_at 1 0 'with labels: a data set as well' info all.h5
/usr/bin/python3 - >output 2>&1 <<'EOF2' || complain "what sample writes"
import h5py, numpy
two, every, drawn = (h5py.File(name, "r") for name in ("two.h5", "all.h5", "drawn.h5"))
assert (two["labels"][:] == 2).all() and (every["labels"][:] == [0, 2, 3] * 5).all()
shares = numpy.bincount(drawn["labels"][:], minlength=4) / 3000
assert abs(shares - [0.5, 0, 0.25, 0.25]).max() < 0.04, shares
for file in two, every, drawn:
    labels = file["labels"][:]
    assert (file["condition"][:] == numpy.eye(4)[labels]).all()
    assert (file["train/images"][:] == file["samples"][:]).all() and (file["train/labels"][:] == labels).all()
assert (two["latent"][:] == every["latent"][:10]).all()  # the same noise, of another class
same = every["labels"][:10] == 2
assert (two["samples"][:][same] == every["samples"][:10][same]).all()
with h5py.File("whole/samples.h5", "r") as run:
    assert (run["condition"][:] == numpy.eye(4)[[0, 2, 3] * 3]).all()
header = open("all.png", "rb").read(24)  # a row for each class
assert [int.from_bytes(header[i:i + 4], "big") for i in (16, 20)] == [5 * 7 - 1, 3 * 7 - 1], header
EOF2
expect 2 'there is no such class; ' sample whole --class 1 -o x.png
expect 2 'with the classes 0, 2 to 3' sample whole --class 4 -o x.png
expect 2 'a class or "all" was expected' sample whole --class two -o x.png
expect 2 'was trained without a condition' sample plain --class 2 -o x.png
expect_absent x.png

# A file of samples is a data set, to train on and to classify.
expect_at 2 0 'at step 2' $short --steps 2 --data drawn.h5 --condition labels --out again

expect_at 2 0 'validation images right' classify train --data drawn.h5 --test data.h5 --epochs 1
expect_at 1 0 'drawn.judge.h5: written' classify train --data drawn.h5 --test data.h5 --epochs 1
expect 2 'name a file that has one: for classify train by --test' classify train --data drawn.h5 --epochs 1
both="classify train --data data.h5 --epochs 2 -n 130 --add"
expect_at 2 0 'both.h5: written' $both drawn.h5 -o both.h5
expect_at 3 0 'again.h5: written' $both drawn.h5 -o again.h5
cmp both.h5 again.h5 || complain "a classifier of two files depends on the number of ranks"
/usr/bin/python3 - >output 2>&1 <<'EOF2' || complain "of what the classifier says that it learned"
import h5py, numpy
with h5py.File("data.h5", "r") as a, h5py.File("drawn.h5", "r") as b, h5py.File("sum.h5", "w") as f:
    for part in "images", "labels":
        f["train/" + part] = numpy.concatenate([a["train/" + part][:130], b["train/" + part][:]])
        f["validation/" + part] = a["validation/" + part][:]
assert h5py.File("both.h5", "r").attrs["data"] == b"data.h5 + drawn.h5"
EOF2
fingerprint() { sed -n 's/.*fingerprint //p' output; }
run 1 classify train --data sum.h5 --epochs 2 -o sum.judge.h5
sum=$(fingerprint)
run 1 $both drawn.h5 -o both.h5
[ -n "$sum" ] && [ "$(fingerprint)" = "$sum" ] || complain "two files are not learned from as one of all their images"
expect 2 'name its file by -o' classify train --data data.h5 --add drawn.h5
expect 2 'they must be alike' $both "$GANTRAIN_SOURCE_DIR/data/mnist-small.h5" -o x.h5
expect 2 '--add: none.h5: the training images have no labels' $both none.h5 -o x.h5
expect 2 'leave --add out' classify test --data data.h5 --add drawn.h5
expect_absent x.h5

# eval asks the judge whether the classes are right.
run 2 --arch mlp --batch 64 --steps 1 --condition labels --out judged
expect_at 1 0 'right where it was asked' eval judged -n 64
run 2 eval judged -n 64 --json - && mv output two.json
run 3 eval judged -n 64 --json - && mv output three.json
grep -q '"condition_accuracy": 0' two.json && grep -q 'condition_accuracy_by_class' two.json || complain "no accuracy"
cmp two.json three.json || complain "the figures depend on the number of ranks"
expect_at 2 0 'reached at step 1' --batch 64 --steps 2 --condition labels --out aimed --eval-every 1 --target 'condition<2'
expect_at 1 2 'the run has no --condition' --batch 64 --steps 2 --out unaimed --eval-every 1 --target 'condition>0.9'
finish
