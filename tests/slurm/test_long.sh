#!/usr/bin/env bash
# What happens to jobs on a Slurm cluster of two nodes: put in the queue by hand, two signals, mpirun, a node that
# dies, a time limit that comes before the end, the job's own end, the table of scaling. All end with the same bits.
# shellcheck source-path=SCRIPTDIR disable=SC2015,SC2034,SC2154 # ok cannot fail; names of the two files below
kill_wait=10 # seconds from TERM to KILL
. "$(dirname "$0")/lib/cluster.sh"
. "$(dirname "$0")/lib/jobs.sh"

steps=(--steps 3000 --log-every 500)
whole=$(submit "${two[@]}" "$jobs/train.sbatch" "${steps[@]}" "${small[@]}")
wait_end "$whole" 120
expected=$(fingerprint "gantrain-$whole.out")
[ "${expected##* }" = 3000 ] && ok "two nodes: $expected" || complain "two nodes" "gantrain-$whole.out"

# same JOB RESTARTS WHAT: it was started again so often, and ended with the bits of the undisturbed one.
same() {
  wait_end "$1" 200
  if [ "$(fingerprint "gantrain-$1.out")" = "$expected" ] && [ "$(restarts "$1")" -eq "$2" ]; then
    ok "$3: $expected"
  else
    complain "$3: $(restarts "$1") restarts, $(fingerprint "gantrain-$1.out"), expected $expected" "gantrain-$1.out"
  fi
}

# Put in the queue by hand while it runs.
job=$(submit "${two[@]}" "$jobs/train.sbatch" "${steps[@]}" "${small[@]}")
wait_until 30 training "runs/job-$job"
scontrol requeue "$job"
same "$job" 1 "scontrol requeue"

# mpirun in the batch step: the warning signal goes to the shell.
export GANTRAIN_MPIRUN="mpirun --bind-to none"
job=$(submit "${two[@]}" "$jobs/train-mpirun.sbatch" "${steps[@]}" "${small[@]}")
wait_until 30 training "runs/job-$job"
scancel --batch --signal=USR1 "$job"
same "$job" 1 "mpirun, warned"

# A node dies with all that runs on it, and comes back.
job=$(submit "${two[@]}" "$jobs/train.sbatch" "${steps[@]}" "${small[@]}")
wait_until 30 training "runs/job-$job"
kill -9 "$(cat "$cluster/run/n2.pid")"
for pid in $(pgrep -f "^slurmstepd: \[$job\.") $(pgrep -f "gantrain train --out runs/job-$job "); do
  if tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx 'SLURMD_NODENAME=n2'; then
    kill -9 "$pid"
  fi
done
node_gone() {
  sinfo -h -o %T -N -n n2 | grep -q down || ! pgrep -f "gantrain train --out runs/job-$job " >/dev/null
}
wait_until 90 node_gone || complain "the dead node was not noticed"
rm -rf "$cluster"/tmp/n2/*
slurmd -N n2
wait_end "$job" 200
case $(state "$job") in
  COMPLETED) ;;
  *) # the step ended before Slurm missed the node: the job failed, and is put in the queue by hand
    scontrol requeue "$job"
    sleep 1
    wait_end "$job" 200
    ;;
esac
if [ "$(fingerprint "gantrain-$job.out")" = "$expected" ]; then
  ok "a node died: $expected"
else
  complain "a node died: $(state "$job"), $(fingerprint "gantrain-$job.out")" "gantrain-$job.out"
fi

# The time limit comes first: TERM, a checkpoint, the end; put in the queue with more time it goes on.
job=$(submit "${two[@]}" --signal=URG@1 "$jobs/train.sbatch" "${steps[@]}" "${small[@]}" --max-time 1:00:00)
wait_until 30 training "runs/job-$job"
scontrol update jobid="$job" EndTime="$(date -d '+2 sec' +%FT%T)"
wait_end "$job" 120
if [ "$(fingerprint "gantrain-$job.out")" != "$expected" ]; then
  [ "$(state "$job")" = TIMEOUT ] && ok "time limit: $(grep -o 'stopped at .*' "gantrain-$job.out")" ||
    complain "time limit: $(state "$job")" "gantrain-$job.out"
  scontrol requeue "$job"
  sleep 1
  scontrol update jobid="$job" TimeLimit=10
fi
wait_end "$job" 120
[ "$(fingerprint "gantrain-$job.out")" = "$expected" ] && ok "time limit, then on: $expected" ||
  complain "time limit, then on: $(state "$job")" "gantrain-$job.out"

# The end of the job, which newer versions of Slurm put into the environment.
cat >ends.sh <<END
#!/bin/bash
export SLURM_JOB_END_TIME=\$((\$(date +%s) + 8))
. $jobs/train.sbatch
END
job=$(submit --output=gantrain-%j.out --no-requeue ends.sh --steps 100000000 "${small[@]}")
wait_end "$job" 60
grep -q '(the end of the Slurm job)' "gantrain-$job.out" && ok "$(grep -o 'stopped at .*' "gantrain-$job.out")" ||
  complain "the job's end" "gantrain-$job.out"

# Two signals: the second ends all at once, and nothing half-written has a final name.
job=$(submit --ntasks-per-node=1 "$jobs/train.sbatch" --steps 100000000 --arch dcgan --batch 1984)
sleep 4
began=$SECONDS
scancel --signal=USR1 "$job"
sleep 1.2
scancel --signal=USR1 "$job" 2>/dev/null
again() {
  [ "$(restarts "$job")" -ge 1 ]
}
wait_until 20 again || complain "two signals: no restart" "gantrain-$job.out"
ok "two signals: in the queue again after $((SECONDS - began)) s: $(grep -o 'a second signal.*\|stopped at.*' "gantrain-$job.out")"
scancel "$job"
wait_end "$job" 30
for file in "runs/job-$job"/checkpoints/step-*.h5; do
  [ ! -e "$file" ] || gantrain info "$file" >info.txt 2>&1 || complain "two signals: $file" info.txt
done

# The table of scaling.
job=$(submit "${two[@]}" "$jobs/scale.sbatch" --arch mlp --batch 32 --steps 3)
wait_end "$job" 120
[ "$(grep -cE '^mlp +[12] +[0-9]+ ' "gantrain-$job.out")" -eq 2 ] && grep -A 3 '^network' "gantrain-$job.out" ||
  complain "scale" "gantrain-$job.out"
finish
