#!/usr/bin/env bash
# cmake --install gives a program that runs from where it was put, a man page and the Slurm scripts, and no headers.
. "$(dirname "$0")/lib/expect.sh"

if ! cmake --install "$(dirname "$GANTRAIN")" --prefix "$work/prefix" >output 2>&1; then
  complain "cmake --install"
  finish
fi
for path in bin/gantrain share/man/man1/gantrain.1 share/gantrain/jobs/README.md \
  share/gantrain/jobs/{train,train-mpirun,sweep,sample,scale}.sbatch share/gantrain/mnist-small.h5; do
  [ -s "prefix/$path" ] || complain "$path was not installed"
done
[ ! -e prefix/include ] || complain "headers were installed"
grep -q 'learning rate' prefix/share/man/man1/gantrain.1 || complain "the man page has no options"
GANTRAIN=$work/prefix/bin/gantrain
expect 0 'gantrain' --version
expect_at 1 0 '2000' info prefix/share/gantrain/mnist-small.h5
finish
