#!/usr/bin/env bash
# Stopping early: two signals at once are one request, a later second one ends the program at once; the end of a
# Slurm job stops it in time, whichever of it and --max-time comes first.
. "$(dirname "$0")/lib/expect.sh"

# The leak sanitizer crashes on single copies that Open MPI gives threads, see expect.sh.
if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: single copies do not run under the leak sanitizer"
  exit 77
fi

# start OPTIONS...: in the background, its id in "pid"; returns when it has a log file, so it is past its start.
start() {
  rm -rf run output # else what the start before printed would be taken for this one's
  "$GANTRAIN" train --preset mlp --out run --samples 4 "$@" >output 2>&1 </dev/null &
  pid=$!
  for ((tries = 0; tries < 100; tries++)); do
    grep -qs '^machine' output && return
    sleep 0.1
  done
  complain "no start"
}
expect_code() {
  local code=0
  wait "$pid" || code=$?
  [ "$code" -eq "$1" ] || complain "$2: exit code $code, $1 was expected"
  grep -qF -- "$3" output || complain "$2: no \"$3\""
}

start --steps 100000000 --batch 32 --log-every 100000
kill -USR1 "$pid" && kill -TERM "$pid"
expect_code 75 "two signals at once" "): start again with --resume"
[ -n "$(ls run/checkpoints)" ] || complain "two signals at once: no checkpoint"

start --steps 100 --arch dcgan --batch 1984
kill -USR1 "$pid"
sleep 1.2
kill -TERM "$pid"
expect_code 75 "a second signal" "a second signal: leaving at once"
[ -z "$(find run/checkpoints -name '*.h5')" ] || complain "a second signal: a checkpoint of no step"

# Slurm tells the seconds since 1970; a quarter of the time of so short a job is kept for the checkpoint.
export SLURM_JOB_END_TIME
SLURM_JOB_END_TIME=$(($(date +%s) + 4))
start --steps 100000000 --batch 32 --log-every 100000
expect_code 75 "Slurm job" "(the end of the Slurm job)"
SLURM_JOB_END_TIME=$(($(date +%s) + 4))
start --steps 100000000 --batch 32 --log-every 100000 --max-time 1
expect_code 75 "--max-time" "(the end of --max-time)"
for SLURM_JOB_END_TIME in 1 0 -5 never '' 9999999999999; do
  expect_at 1 0 'at step 3' --preset mlp --steps 3 --batch 32 --samples 4 --out "none$SLURM_JOB_END_TIME"
done
unset SLURM_JOB_END_TIME

# Only rank 0's host knows of the end of the job: all ranks stop all the same.
job=("$GANTRAIN" train --preset mlp --out told --samples 4 --steps 100000000 --batch 32 --log-every 100000 --stall-timeout 20)
code=0
timeout 60 mpirun --oversubscribe -np 1 -x SLURM_JOB_END_TIME=$(($(date +%s) + 6)) "${job[@]}" : \
  -np 1 "${job[@]}" >output 2>&1 </dev/null || code=$?
[ "$code" -eq 75 ] || complain "the end of the job, told to rank 0: exit code $code, 75 was expected"
grep -qF -- "(the end of the Slurm job): start again with --resume" output ||
  complain "the end of the job, told to rank 0: no word of it"
finish
