#!/usr/bin/env bash
# gantrain import idx and gantrain info: good files, plain and .gz, and every kind of bad one.
. "$(dirname "$0")/lib/expect.sh"

make_idx good
expect 0 'good.h5: written' import idx good -o good.h5 --validation 10
expect 0 '30' info good.h5
cp -r good packed
gzip packed/*
expect_at 2 0 'packed.h5: written' import idx packed -o packed.h5 --validation 10

# One of the files is bad.
spoil() {
  rm -rf bad
  cp -r good bad
}
expect 1 'none: cannot be opened' import idx none -o bad.h5
spoil
rm bad/train-images-idx3-ubyte
expect 1 'holds no train-images-idx3-ubyte' import idx bad -o bad.h5
spoil
rm bad/t10k-* bad/train-labels-idx1-ubyte
expect_at 1 0 'holds no test images' import idx bad -o plain.h5 --validation 10
grep -qF 'holds no labels of the training images' output || complain "missing labels without a word"
spoil
truncate -s -1 bad/train-images-idx3-ubyte
expect 1 'train-images-idx3-ubyte: truncated: the header says 976 bytes, the file holds 975' import idx bad -o bad.h5
spoil
truncate -s 10 bad/train-labels-idx1-ubyte
expect 1 'train-labels-idx1-ubyte: truncated' import idx bad -o bad.h5
spoil
words 2052 | dd of=bad/train-images-idx3-ubyte conv=notrunc status=none
expect 1 'the magic number is 2052' import idx bad -o bad.h5
spoil
printf 'x' >>bad/t10k-images-idx3-ubyte
expect 1 'has bytes after its end' import idx bad -o bad.h5
spoil
words 2049 39 | dd of=bad/train-labels-idx1-ubyte conv=notrunc status=none
truncate -s -1 bad/train-labels-idx1-ubyte
expect 1 'they do not belong together' import idx bad -o bad.h5
spoil
gzip bad/train-images-idx3-ubyte
truncate -s -9 bad/train-images-idx3-ubyte.gz
expect 1 'train-images-idx3-ubyte.gz' import idx bad -o bad.h5
expect 2 '--validation 40' import idx good -o bad.h5 --validation 40
expect_absent bad.h5 bad.h5.tmp
: >file
expect 1 'file/bad.h5' import idx good -o file/bad.h5 --validation 10

# Stacked images need one channel and classes 0 to 9; eval finds out what their channels show by the embedded judge.
small=$GANTRAIN_SOURCE_DIR/data/mnist-small.h5
expect_at 1 0 's.h5: written' import stacked "$small" -o s.h5 -n 300 --validation 40
expect_at 1 0 'train: 300 images, 28 x 28 pixels x 3 channels' info s.h5
expect_at 2 0 'modes ' eval s.h5:/test/images --data s.h5 -n 60
expect_at 1 0 'fingerprint' --data s.h5 --steps 1 --samples 4 --out colours --eval-every 1 --keep-best '1:modes'
expect 1 's.h5: holds images of 3 channels' import stacked s.h5 -o bad.h5
expect_at 1 0 'whole.h5: written' import idx good -o whole.h5 --validation 0
expect 1 'whole.h5: has no validation part to draw from: take a data set that has one, or give --validation 0' \
  import stacked whole.h5 -o bad.h5
expect 1 'good: is no file; import stacked takes a data set' import stacked good -o bad.h5
expect 2 'is the source itself' import stacked whole.h5 -o ./whole.h5 --validation 0
expect 2 '--small is not of this source' import stacked "$small" -o bad.h5 --small
expect 2 '--number is not of this source' import idx good -o bad.h5 -n 5
expect 2 'the sources are: idx, stacked' import jpeg good -o bad.h5
expect_absent bad.h5 bad.h5.tmp
expect 1 'nothing-here' info nothing-here
finish
