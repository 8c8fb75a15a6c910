#!/usr/bin/env bash
# Two runs into one folder: the second one refuses, whether it begins or resumes; the lock ends with its holder, however
# that ended; where the file system has no locks the run says so and goes on.
. "$(dirname "$0")/lib/expect.sh"

course="--preset mlp --batch 16 --samples 4 --log-every 1000000 --checkpoint-every 10 --out run"
"$GANTRAIN" --steps 1000000000 $course >first 2>&1 </dev/null &
first=$!
for ((tries = 0; tries < 300; tries++)); do
  compgen -G "run/checkpoints/step-????????.h5" >/dev/null && break # not ls: an old one may go while it looks
  sleep 0.1
done
cp first output
compgen -G "run/checkpoints/step-????????.h5" >/dev/null || complain "the first run does not get to step 10"
expect 1 'run: another run is writing into this folder' --steps 5 $course --resume
expect_at 1 2 'run holds another run' --steps 5 $course
grep -qF "process $first on host" run/log.txt || complain "log.txt does not name process $first"
kill -0 "$first" || complain "the first run did not survive the second"

kill -KILL "$first"
wait "$first" 2>/dev/null
steps=$(basename "$(ls run/checkpoints/*.h5 | tail -n 1)" .h5)
steps=$((10#${steps#step-}))
expect_at 2 0 'fingerprint' --steps $((steps + 10)) $course --resume

GT_FAULT=lock:0 expect_at 1 0 'cannot be locked on this file system' --steps $((steps + 20)) $course --resume
finish
