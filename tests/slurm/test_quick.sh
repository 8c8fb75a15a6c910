#!/usr/bin/env bash
# The job scripts as they are installed, on a Slurm cluster of two nodes: train on both, stop by the warning signal,
# go on from the queue to the same bits, be cancelled; samples when training is done; an array; --dry-run.
# shellcheck source-path=SCRIPTDIR disable=SC2015,SC2034,SC2154 # ok cannot fail; names of the two files below
. "$(dirname "$0")/lib/cluster.sh"
. "$(dirname "$0")/lib/jobs.sh"

# --dry-run, also without Slurm: prints, writes nothing.
printf -- '# two runs\n--seed 1\n\n--seed 2 --lr 0.001\n' >table.txt
for script in train train-mpirun sample scale "sweep table.txt"; do
  read -r -a words <<<"$script"
  bash "$jobs/${words[0]}.sbatch" --dry-run "${words[@]:1}" some --seed 9 >dry.txt 2>&1 || complain "${words[0]} --dry-run" dry.txt
  grep -qE '(srun|mpirun) .*gantrain .*--seed 9' dry.txt || complain "${words[0]} --dry-run prints something else" dry.txt
done
[ "$(grep -c 'sweep-ID/[12] --auto-resume --seed' dry.txt)" -eq 2 ] || complain "sweep --dry-run prints other than two runs" dry.txt
printf -- '--seed 1 --data "my images.h5"\n' >quotes.txt
bash "$jobs/sweep.sbatch" --dry-run quotes.txt >dry.txt 2>&1
grep -qF -- '--data my\ images.h5' dry.txt || complain "quotes in a sweep's table" dry.txt
bash "$jobs/train.sbatch" >dry.txt 2>&1 && complain "train.sbatch outside a job" dry.txt
[ ! -e runs ] || complain "--dry-run wrote something"

# The part that the scripts have in common is the same.
for script in train-mpirun sweep; do
  diff <(sed -n '/^# This part is the same/,/^# End of the part/p' "$jobs/train.sbatch") \
    <(sed -n '/^# This part is the same/,/^# End of the part/p' "$jobs/$script.sbatch") || complain "$script.sbatch is not like train.sbatch"
done

# An undisturbed run, and samples when it is done.
steps=(--steps 1000 --log-every 500)
whole=$(submit "${two[@]}" "$jobs/train.sbatch" "${steps[@]}" "${small[@]}")
sample=$(submit --dependency="afterok:$whole" --kill-on-invalid-dep=yes "$jobs/sample.sbatch" "runs/job-$whole" -n 4)
wait_end "$whole" 60
expected=$(fingerprint "gantrain-$whole.out")
grep -q 'machine  2 ranks' "gantrain-$whole.out" || complain "not two ranks" "gantrain-$whole.out"
[ "${expected##* }" = 1000 ] && ok "two nodes: $expected" || complain "two nodes" "gantrain-$whole.out"

# The warning signal: a checkpoint, back to the queue, and on to the same bits.
warned=$(submit "${two[@]}" "$jobs/train.sbatch" "${steps[@]}" "${small[@]}")
wait_until 30 training "runs/job-$warned"
scancel --signal=USR1 "$warned"
wait_end "$warned" 60
out=gantrain-$warned.out
if [ "$(fingerprint "$out")" = "$expected" ] && [ "$(restarts "$warned")" -eq 1 ] && grep -q '^resumed  from step' "$out"; then
  ok "warned, in the queue again: $(grep -o 'stopped at .*' "$out"); $(fingerprint "$out")"
else
  complain "warned: $(restarts "$warned") restarts, $(fingerprint "$out"), expected $expected" "$out"
fi

# An array of jobs.
array=$(submit --array=1-3 --ntasks-per-node=1 "$jobs/sweep.sbatch" table.txt --steps 20 "${small[@]}")
for task in 1 2 3; do
  wait_end "${array}_$task" 60
done
for task in 1 2; do
  fingerprint "gantrain-$array-$task.out" >>seen
  [ -s "runs/sweep-$array/$task/metrics.h5" ] || complain "array task $task" "gantrain-$array-$task.out"
done
[ "$(sort -u seen | grep -c 'step 20')" -eq 2 ] && ok "an array of two different runs" || complain "array" seen
grep -q 'none for task 3' "gantrain-$array-3.out" || complain "array task 3" "gantrain-$array-3.out"

# scancel ends a job with a checkpoint, and it does not go back to the queue.
gone=$(submit "${two[@]}" "$jobs/train.sbatch" --steps 100000000 "${small[@]}")
wait_until 30 training "runs/job-$gone"
scancel "$gone"
wait_end "$gone" 30
if [ "$(state "$gone")" = CANCELLED ] && grep -q 'stopped at step' "gantrain-$gone.out"; then
  ok "cancelled: $(grep -o 'stopped at .*' "gantrain-$gone.out")"
else
  complain "cancelled: state $(state "$gone")" "gantrain-$gone.out"
fi

wait_end "$sample" 30
[ -s "runs/job-$whole/samples-$sample.png" ] && ok "samples after training" || complain "samples" "gantrain-$sample.out"
finish
