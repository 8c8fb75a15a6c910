#!/usr/bin/env bash
# test_call_sweep.sh [--long [CALL...]]: in a run and its resume the k-th call of a function of the C library on the
# run's files fails with EIO. The run recovers, or it ends with a message and the next start recovers; it never hangs or
# crashes, and ends with the fingerprint and the files of an undisturbed run. Tries a few k of the main functions; with
# --long all k of all functions, or of those named.
. "$(dirname "$0")/lib/expect.sh"

if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: the sanitizers and a preloaded library exclude each other"
  exit 77
fi
if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "skipped: python3-h5py is missing"
  exit 77
fi
export GT_PATIENCE=1
course=(--preset mlp --exact --batch 16 --samples 4 --checkpoint-every 2 --sample-every 2 --keep 0)
expect_at 1 0 'fingerprint' "${course[@]}" --steps 4 --out whole
expected=$(grep -o 'fingerprint .*' output)
expect_at 1 0 'fingerprint' "${course[@]}" --steps 2 --out half

# sweep_one START CALL K ERRNO: START is "new" or "resume". Sets calls to the number of calls that were counted.
sweep_one() {
  local start=$1 what="$1: call $3 of $2 fails with $4" code=0 again=() ended
  rm -rf swept calls-made
  [ "$start" = new ] || { cp -r half swept && again=(--resume); }
  timeout 30 env FAIL_COUNT="$work/calls-made" FAIL_CALL="$2" FAIL_MATCH=swept FAIL_K="$3" FAIL_ERRNO="$4" \
    LD_PRELOAD="$GANTRAIN_TESTS_DIR/libpreload_fail_call.so" "$GANTRAIN" "${course[@]}" --steps 4 --out swept "${again[@]}" >output 2>&1 </dev/null || code=$?
  calls=$(stat -c %s calls-made 2>/dev/null || echo 0)
  ended=$code
  case $code in
    0) ;;
    1) grep -q '^gantrain: error: ' output || complain "$what: no message" ;;
    *) complain "$what: exit code $code" ;;
  esac
  if [ $code -ne 0 ]; then
    code=0
    timeout 30 "$GANTRAIN" "${course[@]}" --steps 4 --out swept --auto-resume >>output 2>&1 </dev/null || code=$?
    [ $code -eq 0 ] || complain "$what: exit code $ended, and $code of the start after it"
  fi
  grep -qF "$expected" output || complain "$what: exit code $ended, another fingerprint"
  /usr/bin/python3 "$GANTRAIN_SOURCE_DIR/tests/cli/lib/compare_runs.py" whole swept >>output 2>&1 ||
    complain "$what: exit code $ended, other files"
  if compgen -G 'swept/*.aside-*' >>output || compgen -G 'swept/checkpoints/*.aside-*' >>output; then
    complain "$what: exit code $ended, a whole file was set aside"
  fi
}

made=0
if [ "${1:-}" = --long ]; then
  shift
  [ $# -gt 0 ] || set -- open openat fopen read pread64 fread write pwrite64 fwrite fsync ftruncate close rename unlink mkdir \
    stat fstat access opendir readdir fork
  for start in resume new; do
    for call in "$@"; do
      sweep_one $start $call 0 5 # no call fails: it only counts them
      total=$calls
      first=1
      [ "$call" != fork ] || first=2 # the first is MPI's own
      for ((k = first; k <= total; k++)); do
        sweep_one $start $call $k 5
        made=$((made + 1))
      done
      echo "$start: $total calls of $call"
    done
  done
else
  for k in 1 3 8; do
    for call in open fread pread64 access stat rename fsync; do
      sweep_one resume $call $k 5
      made=$((made + 1))
    done
  done
  for call in open fwrite close mkdir; do
    sweep_one new $call 3 5
    made=$((made + 1))
  done
  for call in pwrite64 ftruncate; do # they are called for files that are edited on the disk
    GT_IN_MEMORY=0 sweep_one resume $call 1 5
    made=$((made + 1))
  done
  sweep_one resume fork 2 11
  sweep_one resume fork 3 11
  made=$((made + 2))
fi
echo "$made calls failed"
finish
