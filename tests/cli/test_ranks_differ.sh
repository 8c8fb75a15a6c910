#!/usr/bin/env bash
# Failures and signals that only some ranks see: all ranks leave together, and the message names the rank.
. "$(dirname "$0")/lib/expect.sh"

real=$GANTRAIN
mkdir rank0 rank1
make_idx idx
"$real" import idx idx -o rank0/x.h5 --validation 8 >output || complain "import"
"$real" import idx idx -o rank1/x.h5 --validation 4 >output || complain "import"

# Every rank works in a folder of its own, as on machines with different disks. A hang is a failure.
cat >apart <<EOF
#!/bin/sh
cd "$work/rank\$OMPI_COMM_WORLD_RANK" && exec timeout 60 "$real" "\$@"
EOF
chmod +x apart
GANTRAIN=$work/apart
echo 'steps = 2' >rank0/run.conf
expect_at 2 2 'rank 1 of 2: --config run.conf: cannot be read' --config run.conf
mv rank0/run.conf rank1/
expect_at 2 2 'rank 0 of 2: --config run.conf: cannot be read' --config run.conf
expect_at 2 1 'rank 1 of 2: x.h5: holds 36 training images of 6 x 4 x 1, on rank 0 32' \
  --data x.h5 --batch 16 --steps 2 --out "$work/run"
# Copies on different disks: each rank checks its own.
cp -p rank0/x.h5 rank1/x.h5
expect_at 2 0 'fingerprint' --data x.h5 --batch 16 --steps 2 --out "$work/copies"
# Data of the same shape with other pixels.
make_idx other
head -c 200 /dev/zero | dd of=other/train-images-idx3-ubyte bs=1 seek=100 conv=notrunc status=none
"$real" import idx other -o rank1/x.h5 --validation 8 >output || complain "import"
expect_at 2 1 'rank 1 of 2: x.h5: is another file than on rank 0' --data x.h5 --batch 16 --steps 2 --out "$work/run"
cp -p rank0/x.h5 rank1/x.h5
printf '\xfe' | dd of=rank1/x.h5 bs=1 seek=133 conv=notrunc status=none
touch -r rank0/x.h5 rank1/x.h5
expect_at 2 1 'rank 1 of 2: x.h5: its bytes have the checksum' --data x.h5 --batch 16 --steps 2 --out "$work/run"
rm rank1/x.h5
expect_at 2 1 'rank 1 of 2: x.h5' --data x.h5 --batch 16 --steps 2 --out "$work/run"
expect_absent run

# A rank with other parameters than the rest is found before anything is written.
GANTRAIN=$real
GT_FAULT=diverge:1:7 expect_at 3 1 'but not rank 1 (' --data rank0/x.h5 --preset mlp --batch 16 --steps 40 --checkpoint-every 5 \
  --out astray
grep -qF 'the parameters, moments or statistics differ between ranks' output || complain "the message does not say what differs"
[ "$(ls astray/checkpoints)" = step-00000005.h5 ] || complain "a checkpoint of parameters that went astray"

# A signal that reaches one rank only stops all of them, and rank 0 does not take it for the end of the time.
cat >signalled <<EOF
#!/bin/sh
echo \$\$ >"$work/pid\$OMPI_COMM_WORLD_RANK"
exec timeout 60 "$real" "\$@"
EOF
chmod +x signalled
(
  for ((tries = 0; tries < 150; tries++)); do
    [ -e "$work/run/checkpoints/step-00000010.h5" ] && break
    sleep 0.2
  done
  kill -TERM "$(cat "$work/pid1")"
) &
GANTRAIN=$work/signalled
code=0
run 2 --data rank0/x.h5 --preset mlp --batch 16 --steps 1000000000 --checkpoint-every 10 --out run || code=$?
wait
[ "$code" -eq 75 ] || complain "a signal to rank 1: exit code $code, 75 was expected"
grep -qF '(a signal to another rank): start again with --resume' output || complain "a signal to rank 1: another reason"

# Single copies in a Slurm step: each of them refuses to run, and one prints the message.
GANTRAIN=$real
export SLURM_STEP_NUM_TASKS=2
for SLURM_PROCID in 0 1; do
  export SLURM_PROCID
  code=0
  "$real" train --steps 2 --out single >output 2>&1 || code=$?
  [ "$code" -eq 2 ] || complain "copy $SLURM_PROCID in a Slurm step: exit code $code, 2 was expected"
  [ "$(grep -c 'srun --mpi=pmix' output)" -eq $((1 - SLURM_PROCID)) ] || complain "copy $SLURM_PROCID: the wrong message"
done
expect_absent single
expect_at 2 1 'none' sample none -n 4 -o x.png # mpirun inside a Slurm step is no such case
finish
