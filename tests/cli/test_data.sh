#!/usr/bin/env bash
# Data as people have them, from h5py, MATLAB, a camera or an archive: they are trained on, or refused with a cure.
. "$(dirname "$0")/lib/expect.sh"

if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "skipped: python3-h5py, which makes the data sets, is missing"
  exit 77
fi
cat >make.py <<'EOP'
import h5py, numpy
def pixels(*shape, kind="uint8", top=255):
    data = numpy.random.default_rng(7).random(shape) * top
    return data > top / 2 if kind == "bool" else data.astype(kind)
def make(name, **stacks):
    """Stacks by their paths, "/" written as "__"."""
    with h5py.File(name, "w") as file:
        for path, data in stacks.items():
            file[path.replace("__", "/")] = data
EOP
make() { /usr/bin/python3 -c "from make import *"$'\n'"$1" || complain "the files of the test"; }
short=(--preset mlp --steps 2 --batch 16 --samples 4)

# trains MESSAGE NAME [RANKS]: training on NAME works and prints MESSAGE.
trains() {
  rm -rf run
  expect_at "${3:-1}" 0 "$1" "${short[@]}" --out run --data "$2"
}
# refused MESSAGE NAME [RANKS]: NAME is refused with MESSAGE, and no run is begun.
refused() {
  expect_at "${3:-1}" 1 "$1" "${short[@]}" --out run1 --data "$2"
  expect_absent run1
}

# Newer formats of HDF5, and files that are open for readers while they are written, or were left so.
make '
with h5py.File("latest.h5", "w", libver="latest") as f: f["train/images"] = pixels(64, 8, 8)
with h5py.File("swmr.h5", "w", libver="latest") as f:
    f.create_dataset("train/images", data=pixels(64, 8, 8), chunks=(16, 8, 8), maxshape=(None, 8, 8))
    f.swmr_mode = True
    f.flush()
    open("left.h5", "wb").write(open("swmr.h5", "rb").read())'
trains fingerprint latest.h5 2
trains fingerprint swmr.h5
trains fingerprint left.h5 2

# The message for a file that is no HDF5 file says what kind of file it is.
make '
import gzip
numpy.save(open("array.h5", "wb"), pixels(4, 3, 3))
gzip.open("packed.h5", "wb").write(b"anything")
open("page.h5", "w").write("\n<!DOCTYPE html><html>404</html>")
open("lfs.h5", "w").write("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 11\n")'
refused 'array.h5: is a NumPy file' array.h5
refused 'packed.h5: is a gzip file: unpack it with gunzip' packed.h5 2
refused 'page.h5: is an HTML page' page.h5
refused 'lfs.h5: is a pointer of Git LFS' lfs.h5

# Every type of number is converted on reading.
for kind in float64 float16 int8 uint16 int32 int64 '>u2' '>f8' bool; do
  make "make('kind.h5', images=pixels(64, 8, 8, kind='$kind', top=100))"
  trains fingerprint kind.h5:/images
done

# A message names the arrays of a file and says why they do not fit.
make '
make("mixed.h5", table=pixels(4, 5), first=pixels(9, 3, 8, 8), names=numpy.array([b"ab"]), deep__er=pixels(64, 8, 8, kind=">u2"))
make("table.h5", table=pixels(4, 5), first=pixels(9, 3, 8, 8))'
expect_at 1 0 '--data mixed.h5:/deep/er' info mixed.h5
for line in '/deep/er: 64 images, 8 x 8 pixels, uint16' '/table [4,5] uint8: no image stack, since it has 2 dimensions' \
  '/first [9,3,8,8] uint8: no image stack, since it looks like [n,C,H,W]' '/names [1] text: no image stack, since it holds text'; do
  grep -qF "$line" output || complain "info: no \"$line\""
done
refused '/deep/er [64,8,8] uint16; name one as FILE:/path' mixed.h5
refused 'table.h5: holds no images [n,H,W] or [n,H,W,C]: /first [9,3,8,8] uint8 looks like' table.h5
refused 'images.transpose(0, 2, 3, 1)' table.h5:/first 2

# Labels of any type, and parts that training does not read.
make '
labels = numpy.arange(64) % 10
for name, data in dict(int64=labels, column=labels.reshape(64, 1), onehot=numpy.eye(10)[labels], text=labels.astype("S3"),
                       short=labels[:9]).items():
    make("labels-" + name + ".h5", train__images=pixels(64, 8, 8), train__labels=data, test__images=pixels(4, 4))'
for name in int64 column onehot text short; do
  trains fingerprint "labels-$name.h5"
  grep -qF 'test part is passed over' output || complain "a test part that does not fit, without a word"
done
grep -qF '/train/labels has 1 dimension and 9 rows' output || complain "labels that do not fit, without a word"

# A filter that is missing: h5py has lzf, HDF5 does not.
make '
with h5py.File("lzf.h5", "w") as f: f.create_dataset("train/images", data=pixels(64, 8, 8), compression="lzf")'
refused 'lzf.h5: /train/images is packed with the filter lzf (32000)' lzf.h5
grep -qF 'HDF5_PLUGIN_PATH' output && grep -qF 'h5repack' output || complain "a missing filter without its cures"

# A stack that is named in other ways, as FILE.h5/path.
make 'make("val.h5", train__images=pixels(64, 8, 8), val__images=pixels(9, 8, 8))'
refused 'mixed.h5: what is in it is named mixed.h5:/deep/er' mixed.h5/deep/er 2
refused 'mixed.h5: what is in it is named mixed.h5:/deep/er' mixed.h5:deep/er
trains '64 training and 9 validation images' val.h5

# Images that a person would see to be wrong give a warning or are refused, on any number of ranks.
make '
def ranged(name, data, low, high):
    make(name, train__images=data)
    with h5py.File(name, "a") as f: f["train/images"].attrs["value_range"] = [low, high]
full = pixels(64, 8, 8, kind="float32", top=9.0)
blank, strange, wild = full.copy(), full.copy(), full.copy()
blank[40:50] = 3
strange[[17, 60], 2, 3] = numpy.nan, numpy.inf
wild[5, 0, 0] = 1e6
make("blank.h5", train__images=blank)
make("zeros.h5", train__images=numpy.zeros((64, 8, 8), "uint8"))
make("masks.h5", train__images=pixels(64, 8, 8, top=1.9))
make("strange.h5", train__images=strange)
make("late.h5", train__images=full, validation__images=strange[10:20])
make("wild.h5", train__images=wild)
make("float.h5", train__images=full)
ranged("outside.h5", full, 0, 5)
with h5py.File("holes.h5", "w") as f:
    f.create_dataset("train/images", (64, 8, 8), "uint8", chunks=(8, 8, 8))[:32] = pixels(32, 8, 8)'
for ranks in 1 3; do
  trains 'holes.h5: 4 of the 8 pieces of /train/images were never written' holes.h5 $ranks
  trains 'holes.h5: 32 of the 64 training images have one value throughout, the first of them image 32' holes.h5 $ranks
  trains 'blank.h5: 10 of the 64 training images have one value throughout, the first of them image 40' blank.h5 $ranks
  trains 'vary by less than 1 % of the range 0 to 255' masks.h5 $ranks
  trains 'vary by less than 1 % of the range' wild.h5 $ranks
  trains '64 of the 64 training images have values outside the value_range 0 to 5' outside.h5 $ranks
  expect_at $ranks 2 'so there is nothing to learn' "${short[@]}" --out run1 --data zeros.h5
  refused 'strange.h5: 2 of the 64 training images hold NaN, infinity' strange.h5 $ranks
  grep -qF 'the first of them image 17' output || complain "the image is not named"
  refused 'late.h5: 1 of the 10 validation images hold NaN, infinity' late.h5 $ranks
done

# Every file of the run records the range that was found in the data.
trains 'found in the data' float.h5 2
grep -q 'range .*found in the data' run/log.txt || complain "no range in log.txt"
/usr/bin/python3 - <<'EOP' >output 2>&1 || complain "the range of the data in the files"
import glob, h5py
data = h5py.File("float.h5")["train/images"][:]
for name in glob.glob("run/checkpoints/*.h5") + ["run/samples.h5", "run/metrics.h5"]:
    attributes = h5py.File(name).attrs
    assert (attributes["data_low"], attributes["data_high"]) == (data.min(), data.max()), (name, dict(attributes))
EOP

# Small data sets train without any option; with options that do not fit, the cure in the message works.
for rows in 1 7 20 100; do
  make "make('small.h5', train__images=pixels($rows, 8, 8))"
  rm -rf run
  expect_at 1 0 'chosen for a small data set' --preset mlp --steps 2 --samples 4 --data small.h5 --out run
done
typed() {
  local ranks=$1 hints hint word kept
  shift
  expect_at "$ranks" 2 'try --' --preset mlp --steps 2 --samples 4 --out run1 "$@"
  hints=$(sed -n 's/.*try \(--.*\)$/\1/p' output | head -n 1)
  for hint in "${hints%%,*}" "${hints##*, or }"; do
    kept=(--preset mlp --steps 2 --samples 4 --out run)
    for word in "$@"; do # an option for which the hint has another value loses its own
      case ${kept[-1]} in --*) [[ " $hint" == *" ${kept[-1]} "* ]] && unset 'kept[-1]' && continue ;; esac
      kept+=("$word")
    done
    rm -rf run
    # shellcheck disable=SC2086
    expect_at "$ranks" 0 fingerprint "${kept[@]}" $hint
  done
}
make "make('seven.h5', train__images=pixels(7, 8, 8))"
typed 1 --data seven.h5 --batch 16
typed 2 --data seven.h5 --batch 6
typed 2 --data seven.h5 --shards 3
typed 2 --data float.h5 --batch 100
typed 1 --batch 100
expect_at 1 2 'try --batch 112, or --shards 20' --batch 100 --out run1
typed 2 --data float.h5 --batch 32 --shards 1
expect_at 3 0 'chosen for a small data set' --preset mlp --steps 2 --samples 4 --data seven.h5 --out three

finish
