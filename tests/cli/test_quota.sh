#!/usr/bin/env bash
# A disk quota that is exceeded, told by the file system when writing, closing or flushing: metrics and samples wait and
# training goes on; without a checkpoint it stops, the one before stays whole, and the run ends as an undisturbed one.
. "$(dirname "$0")/lib/expect.sh"

if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: the sanitizers and a preloaded library exclude each other"
  exit 77
fi
quota=$GANTRAIN_TESTS_DIR/libpreload_quota.so
course=(--preset mlp --exact --batch 16 --samples 4 --checkpoint-every 5 --sample-every 5 --keep 0 --steps 40)
same_files() {
  if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    echo "not compared: python3-h5py is missing"
  elif ! /usr/bin/python3 "$GANTRAIN_SOURCE_DIR/tests/cli/lib/compare_runs.py" "$1" "$2" >output 2>&1; then
    complain "$2 has other files than $1"
  fi
}

# limited AT MATCH FROM TO ...: the rest of an expect_at under this quota.
limited() {
  export QUOTA_AT=$1 QUOTA_MATCH=$2 QUOTA_FROM=$3 QUOTA_TO=$4 LD_PRELOAD=$quota
  shift 4
  [ -n "$QUOTA_TO" ] || unset QUOTA_TO
  expect_at "$@"
  unset QUOTA_AT QUOTA_MATCH QUOTA_FROM QUOTA_TO LD_PRELOAD
}

expect_at 1 0 'fingerprint' "${course[@]}" --out whole
expected=$(grep -o 'fingerprint .*' output)

for at in write close fsync; do
  # The quota is exceeded for a while: there is a warning, and in the end nothing is missing.
  for file in metrics.h5 samples.h5; do
    limited $at $file.tmp 2 3 1 0 "$expected" "${course[@]}" --out "brief-$at-${file%.h5}"
    grep -qE "warning: .*$file.*: cannot be .*\(Disk quota exceeded\); training goes on" output &&
      grep -qF 'written again' output || complain "$file: no warning of the quota, or no word of its end"
    same_files whole "brief-$at-${file%.h5}"
  done
  # It stays exceeded: training ends, and a message says what is lost.
  limited $at samples.h5.tmp 2 '' 1 1 'Disk quota exceeded' "${course[@]}" --out "lasting-$at"
  grep -qF 'are lost, the checkpoints are whole' output || complain "samples: no word of what is lost"
  expect_at 1 0 'the checksum holds' info "lasting-$at/checkpoints/step-00000040.h5"
  # A checkpoint cannot be written.
  limited $at step-00000020.h5.tmp 1 '' 2 1 'checkpoints/step-00000020.h5' "${course[@]}" --out "stopped-$at"
  grep -qF '(Disk quota exceeded); training cannot go on without checkpoints' output || complain "a checkpoint: the reason"
  expect_absent "stopped-$at"/checkpoints/*.tmp "stopped-$at/checkpoints/step-00000020.h5"
  expect_at 1 0 'the checksum holds' info "stopped-$at/checkpoints/step-00000015.h5"
  expect_at 2 0 "$expected" "${course[@]}" --out "stopped-$at" --resume
  same_files whole "stopped-$at"
done

# A checkpoint that cannot be written for a moment, on a full disk or a file server that fails: it is tried again.
for number in 122 28 5 116; do # EDQUOT, ENOSPC, EIO, ESTALE
  QUOTA_ERRNO=$number GT_PATIENCE=60 limited fsync step-00000020.h5.tmp 1 2 1 0 "$expected" "${course[@]}" --out "passing-$number"
  grep -q 'warning: .*step-00000020.h5.*; trying again for' output && grep -q 'the file was written at a later attempt' output ||
    complain "a checkpoint that had to wait: no word of it"
  same_files whole "passing-$number"
done
# A signal that interrupts fsync, of a file or of its folder, is not mentioned.
for match in step-00000020.h5.tmp checkpoints; do
  QUOTA_ERRNO=4 limited fsync $match 1 3 1 0 "$expected" "${course[@]}" --out "interrupted-$match"
  ! grep -q 'warning' output || complain "EINTR: a warning"
done
# A wait for the disk is no stall, however short the timeout, on no rank.
for ranks in 1 2; do
  QUOTA_ERRNO=28 GT_PATIENCE=60 limited fsync step-00000020.h5.tmp 1 4 $ranks 0 "$expected" "${course[@]}" --stall-timeout 2 \
    --out "patient-$ranks"
  grep -q 'written at a later attempt' output || complain "$ranks ranks: a full disk and a short --stall-timeout"
done
# A disk that hangs: the message names the host, the folder and the disk.
QUOTA_HANG=20 limited fsync step-00000020.h5.tmp 1 1 1 1 "waiting for the files in hanging on host $(hostname), disk " \
  "${course[@]}" --stall-timeout 3 --out hanging
finish
