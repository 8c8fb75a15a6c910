#!/usr/bin/env bash
# sample and info beside a run that goes on: checkpoints come and go while they look.
. "$(dirname "$0")/lib/expect.sh"

if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: single copies do not run under the leak sanitizer"
  exit 77
fi
"$GANTRAIN" --preset mlp --steps 1000000000 --batch 16 --samples 4 --checkpoint-every 50 --keep 1 --log-every 1000000 --out run >log 2>&1 </dev/null &
job=$!
for ((tries = 0; tries < 100; tries++)); do
  compgen -G 'run/checkpoints/step-????????.h5' >/dev/null && break
  sleep 0.1
done
whole=0
# look WORD ARGUMENTS...: the output has WORD, or says that the run deletes checkpoints too fast; it never says damaged.
look() {
  local word=$1 code=0
  shift
  run 1 "$@" || code=$?
  if grep -qE 'passed over|damaged|new run|NOT hold' output; then
    complain "gantrain $*: a checkpoint that was deleted is called damaged"
  elif [ "$code" -eq 0 ] && grep -qF "$word" output; then
    whole=$((whole + 1))
  elif [ "$code" -ne 1 ] || ! grep -q 'error: .*try again' output; then
    complain "gantrain $*: exit code $code"
  fi
}
for ((tries = 0; tries < 6; tries++)); do
  look 'image of step' sample run -n 1 -o "image-$tries.png"
  look 'the checksum holds' info run
done
[ "$whole" -gt 0 ] || complain "not one look succeeded"
kill -TERM "$job"
code=0
wait "$job" || code=$?
[ "$code" -eq 75 ] || complain "the run beside which they looked: exit code $code"
finish
