#!/usr/bin/env bash
# A batch system's limit of virtual memory: the program trains, or says that it is out of memory; it never hangs.
. "$(dirname "$0")/lib/expect.sh"

if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: the sanitizers need address space without limit"
  exit 77
fi
if ldd "$GANTRAIN" | grep -i blas >output; then
  complain "the program loads OpenBLAS, which training does not use, and its threads"
fi
for limit in 120000 180000 400000; do
  (
    ulimit -v "$limit"
    timeout 60 "$GANTRAIN" --steps 5 --out alone-$limit --samples 4 >output 2>&1 </dev/null
    echo $? >code
  )
  [ "$(cat code)" -eq 1 ] && [ "$(grep -c 'error: out of memory: the limit of virtual memory is' output)" -eq 1 ] ||
    complain "ulimit -v $limit: exit code $(cat code)"
done
(
  ulimit -v 1000000
  timeout 60 "$GANTRAIN" --steps 5 --out enough --samples 4 >output 2>&1 </dev/null
  echo $? >code
)
[ "$(cat code)" -eq 0 ] || complain "ulimit -v 1000000: exit code $(cat code)"
cat >limited <<SCRIPT
#!/bin/sh
ulimit -v 180000
exec "$GANTRAIN" "\$@"
SCRIPT
chmod +x limited
code=0
timeout 60 mpirun --oversubscribe -np 2 "$work/limited" --steps 5 --out both >output 2>&1 </dev/null || code=$?
[ "$code" -eq 1 ] && [ "$(grep -c 'error: out of memory: the limit' output)" -eq 1 ] ||
  complain "two ranks under ulimit -v 180000: exit code $code"

# Pictures and files that no one can open or no machine can hold are refused before anything is drawn.
expect_at 1 0 'fingerprint' --steps 2 --samples 4 --out run
SECONDS=0
expect_at 1 1 'write fewer images, or an HDF5 file' sample run -n 10000000 -o x.png
[ "$SECONDS" -le 10 ] || complain "a picture that is too large: refused after $SECONDS s"
expect_absent x.png x.png.tmp
finish
