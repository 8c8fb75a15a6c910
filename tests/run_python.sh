#!/bin/sh
# run_python.sh SCRIPT: runs it with Debian's Python; exit 77 (skipped) with the reason where Python or a
# module is missing.
python=/usr/bin/python3
if [ ! -x "$python" ]; then
  echo "skipped: there is no $python"
  exit 77
fi
exec "$python" - "$1" <<'EOF'
import runpy
import sys

script = sys.argv[1]
sys.argv = [script]
try:
    runpy.run_path(script, run_name="__main__")
except ModuleNotFoundError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
EOF
