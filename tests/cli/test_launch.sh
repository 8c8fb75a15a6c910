#!/usr/bin/env bash
# Launchers: copies that do not know each other are refused, ranks end with a launcher that dies while they start, a
# terminal or a reader of the output that goes away leaves a checkpoint.
. "$(dirname "$0")/lib/expect.sh"

if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: single copies do not run under the leak sanitizer"
  exit 77
fi
for variables in 'PMI_SIZE=4 PMI_RANK' 'MPI_LOCALNRANKS=4 MPI_LOCALRANKID' 'MV2_COMM_WORLD_SIZE=4 MV2_COMM_WORLD_RANK' \
  'SLURM_STEP_NUM_TASKS=4 PMI_SIZE=4 SLURM_PROCID'; do
  for command in train bench; do
    for rank in 0 1; do
      code=0
      # shellcheck disable=SC2086 # a list of words
      env $variables=$rank "$GANTRAIN" $command --steps 1 >output 2>&1 || code=$?
      said=$(grep -cE 'MPI sees only one rank in each|each is alone for MPI' output)
      [ "$code" -eq 2 ] && [ "$said" -eq $((1 - rank)) ] || complain "$variables=$rank $command: exit code $code"
    done
  done
done
expect_absent runs
PMI_SIZE=1 PMI_RANK=0 expect_at 1 0 'at step 1' --steps 1 --samples 4 --out single

# The launcher dies while MPI starts.
bash -c "OMPI_COMM_WORLD_SIZE=2 LD_PRELOAD=$GANTRAIN_TESTS_DIR/libpreload_slow_start.so '$GANTRAIN' --steps 1 --out orphan &
  echo \$! >pid; sleep 1; kill -KILL \$\$" >output 2>&1
for ((tries = 0; tries < 50; tries++)); do
  kill -0 "$(cat pid)" 2>/dev/null || break
  sleep 0.1
done
kill -KILL "$(cat pid)" 2>/dev/null && complain "a rank outlives a launcher that died while it started"

# stopped NAME WORD: the run has a checkpoint, and WORD is in its log.
stopped() {
  compgen -G "$1/checkpoints/step-????????.h5" >/dev/null || complain "$1: no checkpoint"
  grep -qF "$2" "$1/log.txt" || complain "$1: no \"$2\" in log.txt"
}
course=(--preset mlp --steps 1000000000 --batch 16 --samples 4 --checkpoint-every 100000000)
"$GANTRAIN" "${course[@]}" --log-every 100 --out pipe 2>errors | head -n 20 >output
stopped pipe 'nobody reads the output any more'

# start FOLDER COMMAND...: starts COMMAND in the background and waits until it trains.
start() {
  local folder=$1
  shift
  "$@" "${course[@]}" --log-every 100000000 --out "$folder" >output 2>&1 </dev/null &
  job=$!
  for ((tries = 0; tries < 100; tries++)); do
    [ -s "$folder/samples.h5" ] && return
    sleep 0.1
  done
  complain "$folder: no start"
}
start hangup "$GANTRAIN"
kill -HUP "$job"
code=0
wait "$job" || code=$?
[ "$code" -eq 75 ] || complain "SIGHUP: exit code $code"
stopped hangup 'the terminal went away'
grep -q 'asked to stop: saving after this step' output || complain "SIGHUP: no answer at once"
start nohup nohup "$GANTRAIN"
kill -HUP "$job"
sleep 1
kill -0 "$job" || complain "SIGHUP ends a run under nohup"
kill -INT "$job" # which this shell has told its background jobs to ignore
sleep 1
kill -0 "$job" || complain "SIGINT ends a run that was started to ignore it"
kill -TERM "$job"
wait "$job"
stopped nohup '(Terminated)'
start interrupted env --default-signal=INT "$GANTRAIN"
kill -INT "$job"
wait "$job"
stopped interrupted '(Interrupt)'
start launched mpirun -np 1 "$GANTRAIN"
kill -INT "$job"
wait "$job"
grep -q 'asked to stop: saving after this step' output || complain "mpirun and Ctrl-C: no answer at once"
stopped launched 'Interrupt or end of mpirun'
finish
