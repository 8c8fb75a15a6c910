#!/usr/bin/env bash
# Data sets and checkpoints that are damaged or made to do harm: a message that names the file, exit code 1 on all
# ranks, no death and no hang, also where HDF5 itself dies.
. "$(dirname "$0")/lib/expect.sh"

make_idx idx
short="--preset mlp --steps 2 --batch 16 --samples 4"
run 1 import idx idx -o good.h5 --validation 8 || complain "import"
expect_at 2 0 'fingerprint' $short --data good.h5 --out run

# patch FILE OFFSET LENGTH BYTE: a copy, "patched.h5", with LENGTH bytes changed to BYTE.
patch() {
  cp "$1" patched.h5
  for ((i = 0; i < $3; i++)); do printf "\\x$4"; done | dd of=patched.h5 bs=1 seek="$2" conv=notrunc status=none
}

# Damage anywhere in a file with a seal is found before HDF5 opens it.
for place in '8 1' '130 5' '1229 1' '13680 5'; do
  patch good.h5 $place fe
  expect_at 2 1 'patched.h5: its bytes have the checksum' $short --data patched.h5 --out bad
done
expect_at 1 1 'take another copy, or make it again' info patched.h5
patch good.h5 "$(($(stat -c %s good.h5) - 30))" 1 ff
expect_at 2 1 'patched.h5: its seal is damaged' $short --data patched.h5 --out bad
for cut in 1 31 33 20000; do
  cp good.h5 patched.h5
  truncate -s -"$cut" patched.h5
  expect_at 2 1 'patched.h5: ' $short --data patched.h5 --out bad
  expect_at 1 1 'patched.h5: ' info patched.h5
done

# Files of other programs have no seal. HDF5 1.10.8 crashes on these, or asks for a thousand times their size of memory;
# other versions may give another message, or read them.
survive() {
  local code=0
  run "$@" || code=$?
  if grep -qE 'HDF5 (crashes on it|asks for more than)' output; then
    deaths=$((deaths + 1))
  fi
  if [ "$code" -gt 1 ] || grep -qiE 'signal|core dumped' output; then
    complain "$*: exit code $code"
  elif [ "$code" -eq 1 ] && [ "$(grep -c '^gantrain: error: .*patched.h5: ' output)" -ne 1 ]; then
    complain "$*: no message, or several"
  fi
  return "$code"
}
head -c -32 good.h5 >foreign.h5
expect_at 3 0 'fingerprint' $short --data foreign.h5 --out foreign
deaths=0
for place in '130 5 00' '133 1 fe' '1229 1 00' '1232 8 00' '1241 1 fe' '1242 1 7f' '2099 3 ff'; do
  patch foreign.h5 $place
  survive 1 $short --data patched.h5 --out bad && rm -rf bad
  survive 3 $short --data patched.h5 --out bad && rm -rf bad
  survive 1 info patched.h5
done
echo "$deaths of 21 times HDF5 died or wanted too much, in a child of gantrain"
# Damaged checkpoints, samples and metrics.
for file in run/checkpoints/step-00000002.h5 run/samples.h5 run/metrics.h5; do
  head -c -32 "$file" >foreign.h5
  expect_at 1 0 'foreign.h5: ' info foreign.h5
  for place in '130 5 00' '133 1 fe' '1229 1 00' '1241 1 fe' '2099 3 ff'; do
    patch foreign.h5 $place
    survive 1 info patched.h5
    survive 1 sample patched.h5 -n 2 -o x.png
  done
done
# A resume also checks samples and metrics before training, and sets damaged ones aside.
head -c -32 good.h5 >foreign.h5
patch foreign.h5 130 5 00
for name in samples metrics; do
  rm -rf taken
  cp -r run taken
  cp patched.h5 "taken/$name.h5"
  code=0
  run 1 ${short/--steps 2/--steps 4} --data good.h5 --out taken --resume || code=$?
  if [ "$code" -ne 0 ] || ! grep -qF "gantrain: warning: taken/$name.h5: " output || [ ! -f "taken/$name.h5.aside-1" ] ||
    { [ "$deaths" -gt 0 ] && ! grep -qF "taken/$name.h5: HDF5 " output; }; then
    complain "taking over $name.h5: exit code $code"
  fi
done
expect_absent bad
echo "$deaths of 51 in all"
if [ "$deaths" -eq 0 ] && /usr/bin/python3 -c 'import h5py, sys; sys.exit(h5py.version.hdf5_version != "1.10.8")' 2>/dev/null; then
  complain "no file of these kills HDF5 1.10.8 any more: the test needs others"
fi

# A file that HDF5 never finishes reading: the process that looks through it first is ended after ten seconds of work.
head -c -32 good.h5 >patched.h5
# The same where the caller of gantrain has blocked the signals that end it.
cat >blocking <<SCRIPT
#!/bin/sh
exec timeout 60 env --block-signal=ALRM,XCPU "$GANTRAIN" "\$@"
SCRIPT
chmod +x blocking
GANTRAIN=$work/blocking GT_FAULT=trial-loop:0 \
  expect_at 2 1 'patched.h5: HDF5 does not finish reading it' $short --data patched.h5 --out bad
expect_absent bad

# Signals that reach this process say nothing about the file: requests to stop are for its parent, and a kill from
# outside is not called a crash of HDF5. The leak sanitizer wants mpirun, see expect.sh.
if [ -z "${GANTRAIN_SANITIZED:-}" ]; then
  GT_FAULT=trial-loop:0 "$GANTRAIN" info patched.h5 >output 2>&1 </dev/null &
  job=$!
  child=
  for ((tries = 0; tries < 100 && ${#child} == 0; tries++)); do
    sleep 0.1
    child=$(pgrep -P "$job" -x "$(basename "$GANTRAIN")" | tail -n 1)
  done
  sleep 1 # by now it has set its signal handlers, and HDF5 loops
  for signal in INT TERM USR1 USR2 HUP; do
    kill "-$signal" "$child" || complain "SIG$signal ended the child"
    sleep 0.2
  done
  kill -KILL "$child"
  code=0
  wait "$job" || code=$?
  if [ "$code" -ne 1 ] || ! grep -qF 'patched.h5: the process that looks through it first was killed' output; then
    complain "signals to the child: exit code $code"
  fi
fi
finish
