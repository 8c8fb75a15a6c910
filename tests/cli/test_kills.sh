#!/usr/bin/env bash
# kill -9 at random moments, of a random rank, of mpirun, or inside the writing of a file, at changing numbers of ranks:
# every one ends the job within seconds with a non-zero code, and the run that went on after all of them has the
# fingerprint and the files, bit for bit, of the one that was left alone.
#   test_kills.sh          5 kills
#   test_kills.sh --long   30 kills
# KILLS_SEED repeats a course (as far as moments can be repeated).
. "$(dirname "$0")/lib/expect.sh"

if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "skipped: python3-h5py, which compares the files of runs, is missing"
  exit 77
fi
kills=5
[ "${1:-}" = --long ] && kills=30
RANDOM=${KILLS_SEED:-$$}
echo "KILLS_SEED=${KILLS_SEED:-$$}"

# A killed rank leaves shared memory and a session folder behind; they are put where this test deletes them.
memory=$(mktemp -d /dev/shm/gantrain-kills.XXXXXX 2>/dev/null || mktemp -d)
export OMPI_MCA_btl_vader_backing_directory=$memory TMPDIR=$memory
trap 'cd / && rm -rf "$work" "$memory"' EXIT

steps=$((kills * 80))
course=(--preset mlp --exact --batch 16 --samples 4 --checkpoint-every 5 --sample-every 10 --steps "$steps")
run 2 train "${course[@]}" --out whole || complain "the undisturbed run"
expected=$(grep -o 'fingerprint .*' output || echo none)

cat >recorded <<SCRIPT
#!/bin/sh
echo \$\$ >"$work/pid\$OMPI_COMM_WORLD_RANK"
exec "$GANTRAIN" "\$@"
SCRIPT
chmod +x recorded

newest() {
  ls moved/checkpoints/step-????????.h5 2>/dev/null | tail -n 1
}

# start RANKS FAULT: in the background, its number in "job"; the ranks' numbers in pid0, pid1, ... Every other time
# the files count as large, and metrics have a journal.
start() {
  rm -f pid?
  GT_IN_MEMORY=$((RANDOM % 2 * 8388608)) GT_FAULT=$2 mpirun --oversubscribe -np "$1" "$work/recorded" train "${course[@]}" --out moved --auto-resume \
    >output 2>&1 </dev/null &
  job=$!
}

# await_step BEFORE: waits for a checkpoint of a step after BEFORE, or for the end of the job.
await_step() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    [ "$(newest)" != "$1" ] && return
    kill -0 "$job" 2>/dev/null || return
    sleep 0.05
  done
}

sites=(die-in-write die-before-fsync die-before-rename die-after-rename)
struck=0
for ((kill = 0; kill < kills; kill++)); do
  ranks=$((RANDOM % 4 + 1))
  fault=
  case $((kill % 5)) in
    0 | 1) what="rank $((RANDOM % ranks))" ;;
    2) what=mpirun ;;
    *)
      fault=${sites[RANDOM % 4]}:0:$((RANDOM % 8 + 1)) # of the writes of metrics, samples and checkpoints in turn
      what="rank 0 by $fault"
      ;;
  esac
  before=$(newest)
  start "$ranks" "$fault"
  if [ -z "$fault" ]; then
    # Sometimes it kills before there is any checkpoint, else a moment after a new one.
    [ $((RANDOM % 4)) -eq 0 ] && sleep 0.$((RANDOM % 5 + 1)) || await_step "$before"
    sleep "0.$(printf %03d $((RANDOM % 200)))"
    case $what in
      mpirun) victim=$job ;;
      *) victim=$(cat "pid${what#rank }" 2>/dev/null) ;;
    esac
    [ -n "$victim" ] && kill -KILL "$victim" 2>/dev/null
  fi
  SECONDS=0
  code=0
  wait "$job" 2>/dev/null || code=$?
  [ "$SECONDS" -le 20 ] || complain "$ranks ranks, $what killed: $SECONDS s until the job ended"
  # A killed mpirun cannot end its ranks. They notice that it is gone, and hold the lock of the run until then.
  for pid in pid?; do
    for ((tries = 0; tries < 200; tries++)); do
      kill -0 "$(cat "$pid" 2>/dev/null || echo 999999999)" 2>/dev/null || break
      sleep 0.05
    done
    [ "$tries" -lt 200 ] || complain "$ranks ranks, $what killed: rank ${pid#pid} lives on"
  done
  if [ "$code" -ne 0 ]; then
    struck=$((struck + 1))
    echo "ok: $ranks ranks, $what killed: exit code $code, newest checkpoint $(basename "$(newest)")"
  elif ! grep -q fingerprint output; then
    complain "$ranks ranks, $what killed: exit code 0 of a job that did not end"
  fi
done
[ "$struck" -ge $((kills * 3 / 5)) ] || complain "only $struck of $kills kills met a running job"

run 3 train "${course[@]}" --out moved --auto-resume || complain "the run after the kills"
[ -n "$(grep -o 'fingerprint .*' output)" ] || run 1 train "${course[@]}" --out moved --auto-resume
found=$(grep -o 'fingerprint .*' output || echo nothing)
if [ "$found" != "$expected" ]; then
  complain "after $kills kills the run ends at $found, undisturbed at $expected"
elif ! /usr/bin/python3 "$GANTRAIN_SOURCE_DIR/tests/cli/lib/compare_runs.py" whole moved >output 2>&1; then
  complain "after $kills kills the files are not those of the undisturbed run"
else
  echo "ok: after $kills kills, $struck of a running job: $found"
fi
finish
