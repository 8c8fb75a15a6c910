#!/usr/bin/env bash
# --exact: the same bits on any number of ranks, in whatever order MPI adds, stopped, killed and moved.
#   test_exact.sh          few steps, few numbers of ranks
#   test_exact.sh --long   all of 1, 2, 3, 4, 5, 8 and 16 ranks, 40 steps on the whole of MNIST where it was fetched
. "$(dirname "$0")/lib/expect.sh"

here=$GANTRAIN_SOURCE_DIR/tests/cli/lib
if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "skipped: python3-h5py, which compares the files of runs, is missing"
  exit 77
fi
long=
data=()
if [ "${1:-}" = --long ]; then
  long=yes
  if [ -e "$GANTRAIN_SOURCE_DIR/data/mnist.h5" ]; then
    data=(--data "$GANTRAIN_SOURCE_DIR/data/mnist.h5")
  fi
fi

# train RANKS FOLDER OPTIONS...; leaves the last line's fingerprint in "fingerprint".
train() {
  local ranks=$1 folder=$2
  shift 2
  run "$ranks" train --exact "${data[@]}" --samples 4 --out "$folder" "$@" || complain "$ranks ranks: training in $folder"
  fingerprint=$(grep -o 'fingerprint .*' output || echo none)
}

# same RUN OTHER WHAT: one fingerprint (that of the run before is $expected), the same files.
same() {
  if [ "$fingerprint" != "$expected" ] || [ "$expected" = none ]; then
    complain "$3: $fingerprint instead of $expected"
  elif ! /usr/bin/python3 "$here/compare_runs.py" "$1" "$2" >output 2>&1; then
    complain "$3: $2 has other bits than $1"
  else
    echo "ok: $3: $fingerprint"
  fi
}

# compare ARCHITECTURE "RANKS..." OPTIONS...: against one rank, which also leaves $expected.
compare() {
  local arch=$1 list=$2 ranks
  shift 2
  train 1 "$arch-1" --arch "$arch" "$@"
  expected=$fingerprint
  for ranks in $list; do
    train "$ranks" "$arch-$ranks" --arch "$arch" "$@"
    same "$arch-1" "$arch-$ranks" "$arch, $ranks ranks"
  done
}

# objective NAME OPTIONS...: trains cnn with these options on 1 to 4 ranks, and stopped on 3 and resumed on 2; the
# fingerprints are the same, and all numbers finite.
objective() {
  local name=$1 ranks
  shift
  train 1 "$name-1" --arch cnn --steps 3 --batch 32 --shards 8 --lr-decay off "$@"
  expected=$fingerprint
  for ranks in 2 3 4; do
    train "$ranks" "$name-$ranks" --arch cnn --steps 3 --batch 32 --shards 8 --lr-decay off "$@"
    same "$name-1" "$name-$ranks" "$name, $ranks ranks"
  done
  train 3 "$name-moved" --arch cnn --steps 1 --batch 32 --shards 8 --lr-decay off "$@"
  train 2 "$name-moved" --steps 3 --resume
  if [ "$fingerprint" != "$expected" ]; then
    complain "$name: stopped on 3 ranks, ended on 2: $fingerprint instead of $expected"
  fi
}

if [ -n "$long" ]; then
  mlp=(--preset mlp --steps 40 --checkpoint-every 15 --sample-every 20)
  compare dcgan '2 3 4 5 8 16' --steps 40 --batch 64 --checkpoint-every 15 --sample-every 20
  compare mlp '2 3 4 5 8 16' "${mlp[@]}"
else
  mlp=(--preset mlp --steps 20 --checkpoint-every 8 --sample-every 10) # an epoch of the built-in images has 7: accuracy as well
  compare dcgan '2 3' --steps 2 --batch 16 --checkpoint-every 1
  compare cnn '2 3' --steps 4 --batch 32 --shards 8 --checkpoint-every 2 --loss rpgan --r1 1 --r2 0.5 --average 90 \
    --pack 2 --augment translation,cutout,brightness --augment-probability 0.7 --clip-gradients 0.3
  objective wgan-gp --loss wasserstein --gradient-penalty 10 --d-steps 3
  objective capped --loss hinge --lipschitz-cap 2 --pack 2 --augment cutout
  objective labels --loss cross-entropy --smooth-labels 0.9 --flip-labels 0.05
  objective reused --loss rpgan --r1 1 --r2 0.5 --reuse-fakes
  shards=(--arch article --checkpoint-every 4 --batch-statistics shard)
  train 1 shards-1 "${shards[@]}" --steps 9
  expected=$fingerprint
  for ranks in 2 3; do
    train "$ranks" "shards-$ranks" "${shards[@]}" --steps 9
    same shards-1 "shards-$ranks" "article, statistics of shards, $ranks ranks"
  done
  train 3 parts "${shards[@]}" --steps 4
  train 2 parts --steps 9 --resume
  same shards-1 parts 'article, 4 steps on 3 ranks, 5 on 2'
  compare mlp '2 3 5 16' "${mlp[@]}" # last: the tests below begin with it
fi

# The whole program on an MPI that adds floats in another order at every call. Without --exact that must matter.
plain=$GANTRAIN
shuffled=$GANTRAIN_TESTS_DIR/gantrain_shuffled
GANTRAIN=$shuffled
for ranks in 2 4; do
  train "$ranks" "shuffled-$ranks" "${mlp[@]}"
  same mlp-1 "shuffled-$ranks" "mlp, $ranks ranks, sums shuffled"
done
run 4 train --preset mlp --steps 20 --out ordinary-shuffled || complain "4 ranks, ordinary sums shuffled"
fingerprint=$(grep -o 'fingerprint .*' output || echo none)
GANTRAIN=$plain
run 4 train --preset mlp --steps 20 --out ordinary || complain "4 ranks, ordinary sums"
grep -qF "$fingerprint" output && complain "shuffling did not change ordinary sums, so the tests above show nothing"

# A run that is stopped by a signal on 8 ranks, killed on 3 and ended on 1 is the same as an undisturbed one on 2.
course=(--preset mlp --batch 48 --checkpoint-every 20 --sample-every 50)
cat >recorded <<SCRIPT
#!/bin/sh
echo \$\$ >"$PWD/pid\$OMPI_COMM_WORLD_RANK"
exec "$plain" "\$@"
SCRIPT
chmod +x recorded

# The step of the newest checkpoint of the run "moved"; 0 where there is none.
newest_step() {
  local newest=0 path
  for path in moved/checkpoints/step-*.h5; do
    [ -e "$path" ] && newest=$((10#$(basename "$path" .h5 | cut -d- -f2)))
  done
  echo "$newest"
}

# disturb RANKS STEP SIGNAL WHOM OPTIONS...: start a course without end, and send the signal to a process (its number
# is in a file) once the checkpoint of that step or a later one is there.
disturb() {
  local ranks=$1 step=$2 signal=$3 whom=$4 code=0 tries
  shift 4
  mpirun --oversubscribe -np "$ranks" ./recorded train --exact "${data[@]}" --samples 4 --out moved \
    --steps 1000000000 "${course[@]}" "$@" >output 2>&1 </dev/null &
  echo $! >pid-mpirun
  for ((tries = 0; tries < 600; tries++)); do
    [ "$(newest_step)" -ge "$step" ] && break
    sleep 0.1
  done
  kill "-$signal" "$(cat "$whom")" || complain "the run on $ranks ranks was over before SIG$signal"
  wait "$(cat pid-mpirun)" || code=$?
  if [ "$signal" = USR1 ] && [ "$code" -ne 75 ]; then
    complain "SIGUSR1 to mpirun: exit code $code, 75 was expected"
  elif [ "$code" -eq 0 ]; then
    complain "SIG$signal on $ranks ranks: the run ended as if nothing had been"
  fi
}

disturb 8 20 USR1 pid-mpirun
disturb 3 $(($(newest_step) + 60)) KILL pid1 --resume
course+=(--steps $(($(newest_step) / 20 * 20 + 100)))
train 2 whole "${course[@]}"
expected=$fingerprint
train 1 moved "${course[@]}" --resume
same whole moved 'stopped on 8 ranks, killed on 3, ended on 1, against 2 undisturbed'
finish
