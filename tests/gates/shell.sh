#!/bin/sh
# shell.sh SOURCE_DIR: shellcheck finds no error and nothing to warn of in any script.
set -u
cd "$1" || exit 1
if ! command -v shellcheck >/dev/null 2>&1; then
  echo "skipped: no shellcheck (Debian package of this name)"
  exit 77
fi
find jobs tests .ci \( -name '*.sh' -o -name '*.sbatch' -o -path .ci/run \) -type f | sort |
  xargs shellcheck --external-sources --source-path=SCRIPTDIR --severity=warning || exit 1
echo "all scripts pass shellcheck"
