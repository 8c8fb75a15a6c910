#!/usr/bin/env bash
# Every option that takes a file or folder: names with spaces, UTF-8, quotes and percent signs, symbolic links, very long
# paths and paths that are too long.
. "$(dirname "$0")/lib/expect.sh"

make_idx plain

# all WHAT FOLDER: runs every command with all files in FOLDER.
all() {
  local at=$2 run=$2/run
  cp -r plain "$at/idx" || return
  expect_at 1 0 '' import idx "$at/idx" -o "$at/set.h5" --validation 8
  printf 'steps = 2\nbatch = 16\nsamples = 4\n' >"$at/run.conf"
  expect_at 2 0 'fingerprint' --config "$at/run.conf" --data "$at/set.h5" --out "$run"
  [ -e "$run/checkpoints/step-00000002.h5" ] || complain "$1: no checkpoint in its place"
  expect_at 1 0 'fingerprint' --config "$at/run.conf" --steps 4 --out "$run" --resume
  expect_at 1 0 '' sample "$run" -n 4 -o "$at/images.png"
  expect_at 1 0 '' sample "$run/checkpoints/step-00000004.h5" -n 4 -o "$at/images.h5"
  expect_at 1 0 '' info "$run"
  expect_at 1 0 '' info "$at/set.h5"
  expect_at 1 0 '' bench --arch mlp --batch 16 --steps 2 --data "$at/set.h5" --json "$at/bench.json"
  local file
  for file in set.h5 images.png images.h5 bench.json run/metrics.h5 run/samples.h5 run/samples.png run/log.txt; do
    [ -s "$at/$file" ] || complain "$1: $file is not there"
  done
}

for name in 'with spaces' 'Zürich-東京-🙂' "quote's \"and\" %s %n" '-dash'; do
  mkdir "./$name"
  all "$name" "$work/$name"
done

# A symbolic link to the folder, and to each file; what is written goes where the link to the folder points.
mkdir real
ln -s real link
all 'a link to a folder' "$work/link"
[ -e real/run/checkpoints/step-00000004.h5 ] || complain "a run through a link is not where the link points"
ln -s real/set.h5 set-link.h5
ln -s real/run run-link
expect_at 1 0 'fingerprint' --data set-link.h5 --steps 2 --batch 16 --samples 4 --out linked
expect_at 1 0 '' sample run-link -n 1 -o one.png
ln -s nowhere broken.h5
expect 1 'broken.h5' --data broken.h5 --out x
ln -s loop loop
expect 1 'loop' --data loop --out x

# Nearly as long as a path may be. (The name of the data is kept in every file of the run and is shorter.)
deep=$work
while [ ${#deep} -lt 700 ]; do
  deep=$deep/$(printf 'n%.0s' {1..100})
  mkdir "$deep"
done
all 'a long path' "$deep"
while [ ${#deep} -lt 3900 ]; do
  deep=$deep/$(printf 'n%.0s' {1..100})
  mkdir "$deep" || break
done
expect_at 1 0 'fingerprint' --steps 2 --batch 16 --samples 4 --out "$deep/run"
expect_at 1 0 '' info "$deep/run"

# Paths longer than the system's limit.
long=$work/$(printf 'n%.0s' {1..5000})
expect_at 1 1 'path is longer' --steps 2 --batch 16 --out "$long"
expect 2 'names of data may have 1023 bytes at most' --steps 2 --batch 16 --data "$long" --out x
expect_at 1 2 'nnn' --config "$long" --out x
expect_at 1 1 'nnn' sample linked -n 1 -o "$long.png"
expect_at 1 1 'nnn' info "$long"
expect_absent x
finish
