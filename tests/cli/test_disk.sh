#!/usr/bin/env bash
# Disks that are full, read-only or gone: metrics and samples wait and training goes on; a checkpoint that cannot be
# written stops the run, and the one before stays whole.
. "$(dirname "$0")/lib/expect.sh"

course=(--preset mlp --batch 16 --samples 4 --checkpoint-every 5 --sample-every 5 --keep 0)
same_files() {
  if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    echo "not compared: python3-h5py is missing"
  elif ! /usr/bin/python3 "$GANTRAIN_SOURCE_DIR/tests/cli/lib/compare_runs.py" "$1" "$2" >output 2>&1; then
    complain "$2 has other files than $1"
  fi
}

expect_at 1 0 'fingerprint' "${course[@]}" --steps 40 --out whole
expected=$(grep -o 'fingerprint .*' output)

# Metrics or samples cannot be written for a while: there is a warning, and in the end nothing is missing.
for site in metrics samples; do
  GT_FAULT=$site:0:2 expect_at 1 0 "$site.h5: cannot be written (injected fault); training goes on" \
    "${course[@]}" --steps 40 --out "brief-$site"
  grep -qF 'written again' output || complain "no word that $site are written again"
  same_files whole "brief-$site"
done

# They can never be written: training ends, the checkpoints are whole, and a message says what is lost.
GT_FAULT=metrics:0 expect_at 2 1 '40 rows of metrics and 0 samples are lost, the checkpoints are whole' \
  "${course[@]}" --steps 40 --out lasting
[ "$(grep -c 'gantrain: warning: lasting/metrics.h5.*training goes on' output)" -eq 1 ] || complain "not one warning of metrics.h5"
expect_at 1 0 'the checksum holds' info lasting/checkpoints/step-00000040.h5

# A checkpoint that cannot be written.
GT_FAULT=write:0 expect_at 2 1 'training cannot go on without checkpoints' "${course[@]}" --steps 40 --out failing
[ -z "$(ls failing/checkpoints)" ] || complain "something of a failed checkpoint stayed"

# A folder that is deleted while the run goes on.
"$GANTRAIN" "${course[@]}" --steps 1000000000 --log-every 1000000 --out gone >output 2>&1 </dev/null &
job=$!
for ((tries = 0; tries < 300; tries++)); do
  [ -e gone/checkpoints/step-00000010.h5 ] && break
  sleep 0.1
done
mv gone away
code=0
timeout 30 tail --pid="$job" -f /dev/null || kill -KILL "$job"
wait "$job" || code=$?
[ "$code" -eq 1 ] && grep -qF 'No such file or directory' output || complain "the folder vanished: exit code $code"
newest=$(ls away/checkpoints/*.h5 | tail -n 1)
expect_at 1 0 'the checksum holds' info "$newest"

# A real file system that is full, then read-only.
mkdir disk
if ! mount -t tmpfs -o size=14m tmpfs disk 2>/dev/null; then
  echo "not tested: a full and a read-only disk, which need the right to mount"
  finish
  exit
fi
trap 'umount "$work/disk"; cd / && rm -rf "$work"' EXIT
expect_at 1 1 'No space left on device' "${course[@]}" --steps 40 --out disk/run
expect_absent disk/run/checkpoints/*.tmp
newest=$(ls disk/run/checkpoints/*.h5 | tail -n 1)
expect_at 1 0 'the checksum holds' info "$newest"
mount -o remount,size=200m disk
expect_at 1 0 "$expected" "${course[@]}" --steps 40 --out disk/run --resume
same_files whole disk/run
mount -o remount,ro disk
expect_at 2 1 'Read-only file system' "${course[@]}" --steps 40 --out disk/other
expect_at 2 1 'Read-only file system' "${course[@]}" --steps 60 --out disk/run --resume
finish
