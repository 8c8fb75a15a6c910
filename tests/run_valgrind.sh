#!/bin/sh
# run_valgrind.sh VALGRIND: a short training of one rank under memcheck; any error in our code fails.
# Valgrind knows no AVX-512, so OpenBLAS keeps its Haswell kernels here. Memory that is still reachable at the
# end belongs to Open MPI; what is definitely lost in a call from our own code fails.
set -eu
valgrind=$1
tests=$GANTRAIN_SOURCE_DIR/tests
work=$(mktemp -d "${TMPDIR:-/tmp}/gantrain-valgrind.XXXXXX")
trap 'rm -rf "$work"' EXIT
export OPENBLAS_CORETYPE=Haswell
openmpi=$(ls /usr/share/openmpi/openmpi-valgrind.supp /usr/share/*/openmpi/openmpi-valgrind.supp 2>/dev/null |
  head -n 1 || true)
status=0
"$valgrind" --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=none \
  ${openmpi:+--suppressions="$openmpi"} --suppressions="$tests/valgrind.supp" --log-file="$work/valgrind.log" \
  "$GANTRAIN" train --steps 3 --batch 16 --samples 4 --out "$work/run" || status=$?
if [ "$status" -ne 0 ]; then
  cat "$work/valgrind.log"
  echo "the training ended with status $status under valgrind"
  exit 1
fi
# A leak record is ours if a frame of it lies in our sources; they all have a file of ours in brackets.
ours=$(cd "$GANTRAIN_SOURCE_DIR/src" && find . -name '*.c' -exec basename {} \; | tr '\n' '|' | sed 's/|$//')
if grep -E "\\((${ours}):[0-9]+\\)" "$work/valgrind.log"; then
  cat "$work/valgrind.log"
  echo "memory that our code lost, or an error in it"
  exit 1
fi
grep 'ERROR SUMMARY' "$work/valgrind.log"
