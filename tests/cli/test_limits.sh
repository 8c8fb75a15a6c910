#!/usr/bin/env bash
# A batch system's limit of virtual memory: the program trains, or says that it is out of memory; it never hangs.
. "$(dirname "$0")/lib/expect.sh"

if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: the sanitizers need address space without limit"
  exit 77
fi
if ldd "$GANTRAIN" | grep -i blas >output; then
  complain "the program loads OpenBLAS, which training does not use, and its threads"
fi
for limit in 120000 180000 400000; do
  (
    ulimit -v "$limit"
    timeout 60 "$GANTRAIN" --preset mlp --steps 5 --out alone-$limit --samples 4 >output 2>&1 </dev/null
    echo $? >code
  )
  [ "$(cat code)" -eq 1 ] && [ "$(grep -c 'error: out of memory: the limit of virtual memory is' output)" -eq 1 ] ||
    complain "ulimit -v $limit: exit code $(cat code)"
done
(
  ulimit -v 1000000
  timeout 60 "$GANTRAIN" --preset mlp --steps 5 --out enough --samples 4 >output 2>&1 </dev/null
  echo $? >code
)
[ "$(cat code)" -eq 0 ] || complain "ulimit -v 1000000: exit code $(cat code)"
cat >limited <<SCRIPT
#!/bin/sh
ulimit -v 180000
exec "$GANTRAIN" "\$@"
SCRIPT
chmod +x limited
code=0
timeout 60 mpirun --oversubscribe -np 2 "$work/limited" --steps 5 --out both >output 2>&1 </dev/null || code=$?
[ "$code" -eq 1 ] && [ "$(grep -c 'error: out of memory: the limit' output)" -eq 1 ] ||
  complain "two ranks under ulimit -v 180000: exit code $code"

# Pictures and files that no one can open or no machine can hold are refused before anything is drawn.
expect_at 1 0 'fingerprint' --preset mlp --steps 2 --samples 4 --out run
SECONDS=0
expect_at 1 1 'write fewer images, or an HDF5 file' sample run -n 10000000 -o x.png
[ "$SECONDS" -le 10 ] || complain "a picture that is too large: refused after $SECONDS s"
expect_absent x.png x.png.tmp

# Numbers that ask for more memory than there is, on the command line or in a file: refused before any of it is touched,
# with the figures and what to do.
export GT_MEMORY=300
SECONDS=0
expect_at 1 1 'draw fewer images' sample run -n 1000000 -o x.h5
expect 1 'use a smaller --batch' bench --arch mlp --batch 50000
expect 1 'use a smaller --batch' bench --arch mlp --batch 100000000
expect 1 'judge fewer images by -n' eval run -n 1000000
expect 2 'a whole number from 6 to 1000000' eval run -n 10000000
expect 2 'is more than the 2000 training images' --preset mlp --batch 100000000 --shards 100 --out x
expect 2 '--batch 256 is not a multiple of --shards 1000000' --preset mlp --shards 1000000 --out x
expect 1 'start fewer ranks on a machine' --preset mlp --samples 100000 --out x
expect_at 1 2 'a whole number from 1 to 64' sample run -n 1 --scale 1000000 -o x.png
expect_at 1 2 'a whole number from 1 to 1000000' classify train --epochs 10000000 -o x.h5
# Steps are counted in 32 bits by the random streams.
expect_at 1 2 'steps, 2000 in an epoch, with --d-steps 1 are more than the 4294967295 updates that random numbers can tell apart: give --epochs 2147483 at most' \
  --preset mlp --batch 1 --epochs 2147484 --shards 1 --samples 4 --out x
make_idx idx
expect_at 1 2 'at least one must stay to train on' import idx idx -o x.h5 --validation 1000000000
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  # Large images and one-hot labels of many classes in small files, and files that claim to hold what they do not.
  /usr/bin/python3 -c 'import h5py, numpy
with h5py.File("large.h5", "w") as f:
    f.create_dataset("train/images", (64, 3000, 3000), "uint8", chunks=(1, 300, 3000), compression=1)
    for row in range(64):
        f["train/images"][row] = row
with h5py.File("wide.h5", "w") as f:
    f.create_dataset("train/images", (100000, 8, 8), "uint8", chunks=(1000, 8, 8))
    f.create_dataset("train/labels", (100000, 60000), "uint8", chunks=(100, 60000))
    f["test/images"], f["test/labels"] = f["train/images"][:100], range(100)
with h5py.File("run/checkpoints/step-00000002.h5", "r") as f, h5py.File("claims.h5", "w") as g:
    for name in f:
        f.copy(name, g)
    for name in f.attrs:
        g.attrs[name] = f.attrs[name]
    g.attrs["image_h"] = g.attrs["image_w"] = 20000
with h5py.File("claims.h5", "r") as f, h5py.File("wraps.h5", "w") as g:
    for name in f.attrs:
        g.attrs[name] = f.attrs[name]
    g.attrs["image_h"] = g.attrs["image_w"] = 1 << 20'
  for arch in mlp dcgan cnn; do
    expect 1 'out of memory: ' --preset mlp --data large.h5 --arch $arch --batch 32 --shards 4 --samples 4 --out x
  done
  expect 2 '--samples 64: samples.png: a picture of ' --preset mlp --data large.h5 --batch 32 --shards 4 --out x
  expect_at 1 2 'no labels' classify train --data wide.h5 -o x.h5
  expect_at 1 1 'claims.h5: says that it holds a network of ' sample claims.h5 -n 1 -o x.h5
  expect_at 1 1 'wraps.h5: is of images of 1048576 x 1048576 x 1, which are too large' sample wraps.h5 -n 1 -o x.h5
fi
[ "$SECONDS" -le 400 ] || complain "nonsense was refused after $SECONDS s"
expect_absent x x.h5 x.h5.tmp
finish
