#!/usr/bin/env bash
# The journal metrics.h5.new of a run whose files are treated as large: the run is killed, inspected, resumed, stopped.
. "$(dirname "$0")/lib/expect.sh"

if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "skipped: python3-h5py is missing"
  exit 77
fi
course=(--exact --batch 16 --samples 4 --checkpoint-every 5 --sample-every 20 --keep 0)
same() {
  /usr/bin/python3 "$GANTRAIN_SOURCE_DIR/tests/cli/lib/compare_runs.py" "$1" "$2" >output 2>&1 || complain "$3"
}
expect_at 1 0 'fingerprint' "${course[@]}" --steps 40 --out whole
export GT_IN_MEMORY=0

expect_at 1 0 'fingerprint' "${course[@]}" --steps 40 --out large
same whole large "files of another content where they are edited on the disk"

# The run dies before one of its later files gets its name.
GT_FAULT=die-before-rename:0:12 mpirun -np 1 "$GANTRAIN" "${course[@]}" --steps 40 --out killed >output 2>&1 </dev/null
[ -s killed/metrics.h5.new ] || complain "there was no journal"
expect_at 1 0 'are in killed/metrics.h5.new' info killed/metrics.h5
cp -r killed gone
cp -r killed torn
cp -r killed damaged
expect_at 1 0 'fingerprint' "${course[@]}" --steps 40 --out killed --resume
same whole killed "killed and resumed: other files"
truncate -s -7 torn/metrics.h5.new
expect_at 1 0 'fingerprint' "${course[@]}" --steps 40 --out torn --resume
compgen -G 'torn/*.aside-*' >output && complain "a torn journal was set aside"
printf x | dd of=damaged/metrics.h5.new bs=1 seek=100 conv=notrunc status=none
expect_at 1 0 'damaged/metrics.h5.new: is damaged' "${course[@]}" --steps 40 --out damaged --resume
[ -f damaged/metrics.h5.new.aside-1 ] || complain "a damaged journal was not kept"
rm gone/metrics.h5
expect_at 1 0 'gone/metrics.h5.new exists without its metrics.h5' "${course[@]}" --steps 40 --out gone --resume
[ -f gone/metrics.h5.new.aside-1 ] && [ ! -e gone/metrics.h5.new ] || complain "a journal without its file was not kept"

# The run dies after the rows were merged into the file, before the journal is deleted.
GT_FAULT=die-before-drop:0 mpirun -np 1 "$GANTRAIN" "${course[@]}" --steps 40 --out last >output 2>&1 </dev/null
[ -s last/metrics.h5.new ] || complain "the journal was deleted too early"
expect_at 1 0 'nothing to do' "${course[@]}" --steps 40 --out last --resume
same whole last "put into the file once, deleted at the resume: other files"

# A run that stops leaves whole files.
code=0
run 1 "${course[@]}" --steps 100000000 --max-time 2 --out stopped || code=$?
[ "$code" -eq 75 ] || complain "exit code $code of a run that stops"
[ -f stopped/metrics.h5 ] && [ ! -e stopped/metrics.h5.new ] || complain "a run that stopped has left its journal"
finish
