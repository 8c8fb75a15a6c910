#!/usr/bin/env bash
# What a start of a run may meet in its folder, and must not take for "there is nothing": file servers that do not answer
# for a moment, and what is no regular file. Nothing is deleted, nothing begun anew.
. "$(dirname "$0")/lib/expect.sh"

if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: the sanitizers and a preloaded library exclude each other"
  exit 77
fi
course=(--preset mlp --batch 16 --samples 4 --checkpoint-every 5 --sample-every 5 --keep 0)
eio=5
estale=116

# contents FOLDER: names and checksums of all files but log.txt.
contents() {
  (cd "$1" && find . -type f ! -name log.txt -print0 | sort -z | xargs -0 md5sum)
}

# blinking CALL MATCH ERRNO FROM TO ...: the rest of an expect_at while the file server blinks, from one call to another
# on paths that end so ("": for ever).
blinking() {
  export FAIL_CALL=$1 FAIL_MATCH="$2\$" FAIL_ERRNO=$3 FAIL_K=$4 FAIL_TO=$5
  export LD_PRELOAD=$GANTRAIN_TESTS_DIR/libpreload_fail_call.so
  shift 5
  expect_at "$@"
  unset FAIL_CALL FAIL_MATCH FAIL_ERRNO FAIL_K FAIL_TO LD_PRELOAD
}

expect_at 1 0 'fingerprint' "${course[@]}" --steps 40 --out whole
expected=$(grep -o 'fingerprint .*' output)
expect_at 1 0 'fingerprint' "${course[@]}" --steps 20 --out run
before=$(contents run)

# untouched WHAT: all files are as they were.
untouched() {
  : >output
  [ "$(contents run)" = "$before" ] || complain "$1: files of the run were changed"
}

# At the start: one failure does not matter; where the failures go on, the start ends, and the files stay.
for call in stat opendir readdir; do
  for error in $eio $estale; do
    blinking $call checkpoints $error 1 '' 1 1 run/checkpoints "${course[@]}" --steps 40 --out run --resume
    untouched "$call fails with $error"
  done
  cp -r run once
  blinking $call checkpoints $eio 1 1 1 0 "$expected" "${course[@]}" --steps 40 --out once --resume
  rm -r once
done
blinking readdir checkpoints $eio 4 '' 1 1 'cannot be read' "${course[@]}" --steps 40 --out run --resume
untouched "the list of checkpoints breaks off"
for file in metrics.h5 samples.h5; do
  blinking stat $file $estale 1 '' 1 1 "$file" "${course[@]}" --steps 40 --out run --resume
done
blinking stat checkpoints $eio 1 '' 1 1 'run/checkpoints' "${course[@]}" --steps 40 --out run
untouched "a stat of metrics.h5, samples.h5 or the folder fails"
for file in checkpoints/step-00000020.h5 metrics.h5 samples.h5 log.txt; do
  for call in stat open; do
    cp -r run once
    blinking $call $file $eio 1 2 1 0 "$expected" "${course[@]}" --steps 40 --out once --resume
    rm -r once
  done
done

# Later on: rows stay in memory, and in the end nothing is missing.
for file in metrics.h5 samples.h5; do
  cp -r run "late-$file"
  export FAIL_AFTER=late-$file/checkpoints/step-00000025.h5
  blinking stat "$file" $estale 1 6 1 0 "$expected" "${course[@]}" --steps 40 --out "late-$file" --resume
  unset FAIL_AFTER
  grep -qF 'training goes on' output || complain "$file: no warning"
  /usr/bin/python3 "$GANTRAIN_SOURCE_DIR/tests/cli/lib/compare_runs.py" whole "late-$file" >output 2>&1 ||
    complain "late-$file has other files than the undisturbed run"
done

# The program never waits for something that is no regular file, such as a FIFO.
for name in log.txt metrics.h5 samples.h5 metrics.h5.tmp samples.h5.tmp; do
  cp -r run odd
  rm -f "odd/$name"
  mkfifo "odd/$name"
  code=0
  timeout 20 "$GANTRAIN" "${course[@]}" --steps 25 --out odd --resume >output 2>&1 </dev/null || code=$?
  [ "$code" -eq 1 ] && grep -qF "odd/$name: is a FIFO" output || complain "a FIFO in place of $name: exit code $code"
  rm -r odd
done

# A checkpoint that cannot be read now may be a good one: the start ends. One that is damaged, or no file, is passed over
# and kept under another name.
newest=checkpoints/step-00000020.h5
for call in open stat; do
  blinking $call run/$newest $eio 1 '' 1 1 'Input/output error' "${course[@]}" --steps 40 --out run --resume
  untouched "$call fails on the newest checkpoint"
done
cp -r run damaged
printf x | dd of=damaged/$newest bs=1 seek=3000 conv=notrunc status=none
sum=$(md5sum <damaged/$newest)
expect_at 1 0 'passed over a checkpoint: damaged/checkpoints/step-00000020.h5' "${course[@]}" --out damaged --resume
[ "$(md5sum <damaged/$newest.aside-1)" = "$sum" ] || complain "a damaged checkpoint was not kept"
expect_at 1 0 'the checksum holds' info damaged/$newest
cp -r run folder
rm folder/$newest && mkdir folder/$newest && touch folder/$newest/mine
expect_at 2 0 'passed over a checkpoint: folder/checkpoints/step-00000020.h5' --keep 1 --out folder --resume
[ -f folder/$newest.aside-1/mine ] || complain "a folder in place of a checkpoint was not kept"

# Metrics and samples that are damaged or gone: a warning says so, and the run goes on.
for file in metrics.h5 samples.h5; do
  cp -r run "bad-$file"
  printf x | dd of="bad-$file/$file" bs=1 seek=2000 conv=notrunc status=none
  expect_at 1 0 "it is kept as bad-$file/$file.aside-1, and a new file is begun" \
    "${course[@]}" --steps 25 --out "bad-$file" --resume
  [ -f "bad-$file/$file.aside-1" ] || complain "$file was not kept"
  rm "bad-$file/$file"
  expect_at 1 0 "$file does not exist: its rows up to step 25 will be missing" \
    "${course[@]}" --steps 30 --out "bad-$file" --resume
done

# Files of another run, or an older copy of this one's.
expect_at 1 0 'fingerprint' "${course[@]}" --steps 25 --seed 2 --out other
cp -r run mixed
cp other/metrics.h5 mixed
before=$(contents mixed)
expect_at 2 1 'mixed/metrics.h5 is of another run' "${course[@]}" --steps 30 --out mixed --resume
[ "$(contents mixed)" = "$before" ] || complain "mixed: files were changed"
cp run/metrics.h5 mixed
cp other/checkpoints/step-00000025.h5 mixed/checkpoints
expect_at 1 1 'is of another run' --out mixed --resume
expect_at 1 0 'fingerprint' "${course[@]}" --steps 10 --out older
cp older/metrics.h5 older/first.h5
expect_at 1 0 'fingerprint' --steps 15 --out older --resume
mv older/first.h5 older/metrics.h5
expect_at 1 0 'older/metrics.h5 ends at step 10: rows up to step 15' --steps 20 --out older --resume
before=$(contents run)

# Files that could not be written at the end of the run are named at its start.
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  ranged() {
    /usr/bin/python3 -c 'import h5py, numpy, sys
with h5py.File("ranged.h5", "w") as f:
    f["train/images"] = numpy.random.default_rng(1).random((64, 8, 8), "float32")
    f["train/images"].attrs["value_range"] = [0.0, float(sys.argv[1])]' "$1"
  }
  ranged 1
  expect_at 1 0 'fingerprint' --data ranged.h5 "${course[@]}" --steps 5 --out ranged
  ranged 2
  expect_at 2 2 'its values go from 0 to 2 (value_range)' --out ranged --resume --steps 10
  # Validation images that changed, that are gone, or that were added.
  validated() {
    /usr/bin/python3 -c 'import h5py, numpy, sys
with h5py.File("validated.h5", "w") as f:
    f["train/images"] = numpy.random.default_rng(1).integers(0, 256, (64, 8, 8), "uint8")
    if sys.argv[1] != "none":
        f["validation/images"] = numpy.random.default_rng(int(sys.argv[1])).integers(0, 256, (24, 8, 8), "uint8")' "$1"
  }
  for part in 2 none; do
    validated $part
    expect_at 1 0 'fingerprint' --data validated.h5 "${course[@]}" --steps 5 --out "validated-$part"
  done
  expect_at 2 0 'fingerprint' --out validated-none --resume --steps 10
  for part in 3 none; do
    validated $part
    expect_at 2 2 '--data validated.h5 holds other validation images' --out validated-2 --resume --steps 10
  done
  validated 2
  expect_at 1 2 '--data validated.h5 holds other validation images' --out validated-none --resume --steps 15
  expect_at 2 0 'fingerprint' --out validated-2 --resume --steps 10
  for file in metrics.h5 samples.h5; do
    cp -r run "own-$file"
    /usr/bin/python3 -c 'import h5py, sys; h5py.File(sys.argv[1], "r+").create_group("mine")' "own-$file/$file"
    expect_at 1 1 "own-$file/$file: holds /mine, which no run writes" \
      "${course[@]}" --steps 25 --out "own-$file" --resume
  done
fi
cp -r run tmp
mkdir tmp/metrics.h5.tmp
expect_at 2 1 'tmp/metrics.h5.tmp: is a folder' "${course[@]}" --steps 25 --out tmp --resume
finish
