#!/usr/bin/env bash
# A wall clock that jumps back and far ahead twenty times a second: the result, the files, the times printed, --max-time
# and --stall-timeout are those of a machine whose clock is right.
. "$(dirname "$0")/lib/expect.sh"

if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: the sanitizers and a preloaded library exclude each other"
  exit 77
fi
course=(--preset mlp --exact --batch 16 --samples 4 --checkpoint-every 50 --sample-every 50)
expect_at 1 0 'fingerprint' "${course[@]}" --steps 400 --out whole
expected=$(grep -o 'fingerprint .*' output)

# Only the ranks' clocks jump, not that of mpirun.
clock=$GANTRAIN_TESTS_DIR/libpreload_clock.so
first=$(date +%Y)
for ((tries = 0; tries < 200; tries++)); do
  [ "$(LD_PRELOAD=$clock date +%Y)" != "$first" ] && break
done
cat >jumping <<SCRIPT
#!/bin/sh
echo \$\$ >"$work/pid\$OMPI_COMM_WORLD_RANK"
LD_PRELOAD=$clock exec "$GANTRAIN" "\$@"
SCRIPT
chmod +x jumping
GANTRAIN=$work/jumping
[ "$tries" -lt 200 ] || complain "the clock does not jump: the test shows nothing"

# The run neither stops nor stalls, and prints no time in hours or below zero. Slurm says that the job ends much later.
SLURM_JOB_END_TIME=$(($(date -d 2040-01-01 +%s))) expect_at 2 0 "$expected" "${course[@]}" --steps 400 --out jumps --max-time 1h --stall-timeout 20
grep -E '^ +[0-9]+ +[0-9.]+ ' output | grep -E ' [0-9]+:[0-9]+:[0-9]+|-[0-9]|inf|nan' &&
  complain "a line of progress with a wrong time"
[ "$(grep -cE '^ +[0-9]+ +[0-9.]+ .* [0-9]+:[0-9]{2}$' output)" -gt 3 ] || complain "no lines of progress"
grep -qE 'done +400 steps in 0:[0-9]{2},' output || complain "the time that it took"
if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "not compared: python3-h5py is missing"
elif ! /usr/bin/python3 "$GANTRAIN_SOURCE_DIR/tests/cli/lib/compare_runs.py" whole jumps >output 2>&1; then
  complain "the files differ"
fi

# --max-time ends the run neither early nor late.
SECONDS=0
code=0
run 2 "${course[@]}" --steps 1000000000 --out timed --max-time 6 || code=$?
took=$SECONDS
echo "--max-time 6 took $took s: $(grep -m 1 '^stopped' output)"
if [ "$code" -ne 75 ] || ! grep -qF '(the end of --max-time)' output || [ "$took" -lt 5 ] || [ "$took" -gt 25 ]; then
  complain "--max-time 6: exit code $code after $took s"
fi

# A rank that hangs is noticed after --stall-timeout.
mpirun --oversubscribe -np 2 "$GANTRAIN" "${course[@]}" --steps 1000000000 --out hangs --stall-timeout 4 >output 2>&1 </dev/null &
job=$!
for ((tries = 0; tries < 300; tries++)); do
  [ -e hangs/checkpoints/step-00000050.h5 ] && break
  sleep 0.1
done
SECONDS=0
kill -STOP "$(cat pid1)"
code=0
wait "$job" || code=$?
took=$SECONDS
kill -KILL "$(cat pid1)" 2>/dev/null
echo "--stall-timeout 4 took $took s: $(grep -m 1 stalled output)"
if [ "$code" -eq 0 ] || ! grep -qF 'rank 1 of 2 does not answer' output || [ "$took" -lt 3 ] || [ "$took" -gt 40 ]; then
  complain "a rank that hangs: exit code $code after $took s"
fi
finish
