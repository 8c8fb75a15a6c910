#!/usr/bin/env bash
# A rank that hangs: after --stall-timeout the others name it, say in which step and phase they wait, and the job ends.
. "$(dirname "$0")/lib/expect.sh"

cat >recorded <<SCRIPT
#!/bin/sh
echo \$\$ >"$work/pid\$OMPI_COMM_WORLD_RANK"
exec "$GANTRAIN" "\$@"
SCRIPT
chmod +x recorded

# launch RANKS FOLDER OPTIONS...: until it has written a checkpoint.
launch() {
  local ranks=$1 folder=$2 tries
  shift 2
  mpirun --oversubscribe -np "$ranks" "$work/recorded" --preset mlp --batch 16 --samples 4 --steps 1000000000 --checkpoint-every 10 \
    --log-every 1000000 --out "$folder" "$@" >output 2>&1 </dev/null &
  job=$!
  for ((tries = 0; tries < 300; tries++)); do
    compgen -G "$folder/checkpoints/step-????????.h5" >/dev/null && return
    sleep 0.1
  done
  complain "$ranks ranks do not get to step 10"
}

for case in '2 1' '3 0' '3 2'; do
  ranks=${case% *}
  victim=${case#* }
  launch "$ranks" "run-$ranks-$victim" --stall-timeout 3
  SECONDS=0
  kill -STOP "$(cat "pid$victim")"
  code=0
  timeout 40 tail --pid="$job" -f /dev/null || kill -KILL "$job"
  wait "$job" || code=$?
  if [ "$code" -ne 1 ] || [ "$SECONDS" -gt 25 ]; then
    complain "$ranks ranks, rank $victim stopped: exit code $code after $SECONDS s"
  elif [ "$(grep -c "error: stalled for .* s: rank $victim of $ranks does not answer .* wait in step [0-9]*, " output)" -ne 1 ]; then
    complain "$ranks ranks, rank $victim stopped: not one message that names it"
  else
    echo "ok: $ranks ranks, after $SECONDS s: $(grep stalled output)"
  fi
  kill -KILL "$(cat "pid$victim")" 2>/dev/null
done

# A job that was suspended as a whole for longer than the timeout has not stalled; with a timeout of 0 none has.
launch 2 whole --stall-timeout 2
kill -STOP "$(cat pid0)" "$(cat pid1)"
sleep 5
kill -CONT "$(cat pid0)" "$(cat pid1)"
sleep 1
kill -0 "$job" || complain "a job that was suspended as a whole was taken for stalled"
kill -USR1 "$job"
code=0
wait "$job" || code=$?
[ "$code" -eq 75 ] || complain "after the suspension: exit code $code, 75 was expected"
launch 2 off --stall-timeout 0
kill -STOP "$(cat pid1)"
sleep 4
kill -CONT "$(cat pid1)"
kill -USR1 "$job"
code=0
wait "$job" || code=$?
[ "$code" -eq 75 ] || complain "--stall-timeout 0: exit code $code, 75 was expected"
expect 2 '--stall-timeout' --stall-timeout -3 --out x
finish
