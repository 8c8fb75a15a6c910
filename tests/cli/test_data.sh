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

finish
