#!/bin/sh
# run_valgrind.sh VALGRIND: a short training of one rank under memcheck; any error in our code fails.
# Valgrind knows no AVX-512, so OpenBLAS keeps to its Haswell kernels here. Open MPI loses blocks of its own, so
# only those that our code allocated and lost fail the test.
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
  "$GANTRAIN" train --preset mlp --steps 3 --batch 16 --samples 4 --out "$work/run" || status=$?
if [ "$status" -ne 0 ]; then
  cat "$work/valgrind.log"
  echo "the training ended with status $status under valgrind"
  exit 1
fi
# A lost block is ours if our code called the allocator: the first frame under malloc, strdup and the like lies
# in the program itself, named by its file or, without debug information, by the program.
sources=" $(find "$GANTRAIN_SOURCE_DIR/src" -name '*.c' -exec basename {} \; | tr '\n' ' ')"
lost=$(awk -v program="(in $GANTRAIN)" -v sources="$sources" '
  / definitely lost in loss record / { record = $0; open = 1; next }
  open && / (at|by) 0x/ {
    if (/ at 0x/ || /: (strn?dup|v?asprintf|getline|getdelim)[ _]/) next
    open = 0
    file = $0
    sub(/.*\(/, "", file)
    sub(/:[0-9]+\)$/, "", file)
    if (index($0, program) || index(sources, " " file " ")) print record "\n" $0
  }' "$work/valgrind.log")
if [ -n "$lost" ]; then
  cat "$work/valgrind.log"
  echo "memory that our code lost:"
  echo "$lost"
  exit 1
fi
grep 'ERROR SUMMARY' "$work/valgrind.log"
