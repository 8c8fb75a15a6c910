#!/usr/bin/env bash
# Every rank has a core of its own, and one thread, however the job is started.
# shellcheck source-path=SCRIPTDIR disable=SC2015,SC2034,SC2154 # ok cannot fail; names of the two files below
task_plugin=task/affinity
. "$(dirname "$0")/lib/cluster.sh"
taskset -c 0 true 2>/dev/null && taskset -c 1 true 2>/dev/null || skip "two ranks with a core each need cores 0 and 1"
. "$(dirname "$0")/lib/jobs.sh"

cat >program <<'END'
#!/bin/bash
echo "rank cores $(taskset -cp $$ | sed 's/.*: //') threads $OMP_NUM_THREADS $OPENBLAS_NUM_THREADS of $1"
END
chmod +x program
export GANTRAIN=$PWD/program
echo '--seed 1' >table.txt
for script in train train-mpirun scale "sweep table.txt"; do
  read -r -a words <<<"$script"
  array=()
  [ "${words[0]}" != sweep ] || array=(--array=1)
  job=$(submit --nodes=1 --ntasks-per-node=2 --output=out.txt "${array[@]}" "$jobs/${words[0]}.sbatch" "${words[@]:1}")
  wait_end "$job${array:+_1}" 30
  if grep -qx 'rank cores 0 threads 1 1 of .*' out.txt && grep -qx 'rank cores 1 threads 1 1 of .*' out.txt; then
    ok "${words[0]}: $(grep -c '^rank cores' out.txt) ranks, each on one core"
  else
    complain "${words[0]}: the ranks' cores" out.txt
  fi
  rm -f out.txt
done

# Nothing of the submitter's environment reaches the job; the ranks still get what the script sets.
unset GANTRAIN
sed "s|\${GANTRAIN:-gantrain}|$PWD/program|" "$jobs/train.sbatch" >bare.sbatch
job=$(submit --export=NONE --nodes=1 --ntasks-per-node=2 --output=out.txt bare.sbatch)
wait_end "$job" 30
if [ "$(grep -c 'rank cores . threads 1 1 of train' out.txt)" -eq 2 ]; then
  ok "--export=NONE"
else
  complain "--export=NONE: the ranks' environment" out.txt
fi
finish
