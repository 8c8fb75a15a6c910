#!/usr/bin/env bash
# Data as people have them: what h5py, MATLAB, a camera or an archive leave is taken, or refused with what cures it.
. "$(dirname "$0")/lib/expect.sh"

if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "skipped: python3-h5py, which makes the data sets, is missing"
  exit 77
fi
cat >make.py <<'EOP'
import h5py, numpy
def pixels(*shape, kind="uint8", top=255):
    return (numpy.random.default_rng(7).random(shape) * top).astype(kind)
def make(name, **stacks):
    """Stacks by their paths, "/" written as "__"."""
    with h5py.File(name, "w") as file:
        for path, data in stacks.items():
            file[path.replace("__", "/")] = data
EOP
make() { /usr/bin/python3 -c "from make import *"$'\n'"$1" || complain "the files of the test"; }
short=(--steps 2 --batch 16 --samples 4)

# trains MESSAGE NAME [RANKS]: it is trained on, and this is said.
trains() {
  rm -rf run
  expect_at "${3:-1}" 0 "$1" "${short[@]}" --out run --data "$2"
}
# refused MESSAGE NAME [RANKS]: and nothing is left.
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

# What is no HDF5 file is called by its name.
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
  make "make('kind.h5', images=pixels(64, 8, 8, kind='$kind', top=$([ $kind = bool ] && echo 1.7 || echo 100)))"
  trains fingerprint kind.h5:/images
done

# What is in a file, and why it does not fit.
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
done

# A missing filter; h5py brings lzf along, HDF5 does not.
make '
with h5py.File("lzf.h5", "w") as f: f.create_dataset("train/images", data=pixels(64, 8, 8), compression="lzf")'
refused 'lzf.h5: /train/images is packed with the filter lzf (32000)' lzf.h5
grep -qF 'HDF5_PLUGIN_PATH' output && grep -qF 'h5repack' output || complain "a missing filter without its cures"

# Other ways to name a stack.
make 'make("val.h5", train__images=pixels(64, 8, 8), val__images=pixels(9, 8, 8))'
refused 'mixed.h5: what is in it is named mixed.h5:/deep/er' mixed.h5/deep/er 2
refused 'mixed.h5: what is in it is named mixed.h5:/deep/er' mixed.h5:deep/er
trains '64 training and 9 validation images' val.h5

finish
