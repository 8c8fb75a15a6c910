#!/bin/sh
# tidy.sh SOURCE_DIR BUILD_DIR: clang-tidy 14 finds no fault in the program; .clang-tidy says what it looks for.
set -u
cd "$1" || exit 1
for tool in clang-tidy-14 run-clang-tidy-14; do
  if ! command -v "$tool" >/dev/null 2>&1; then
    echo "skipped: no $tool (Debian package clang-tidy-14)"
    exit 77
  fi
done
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
run-clang-tidy-14 -p "$2" -j "$(nproc)" -quiet "^$PWD/src/.*\\.c\$" >"$log" 2>&1
outcome=$?
if [ "$outcome" -ne 0 ] || ! grep -q clang-tidy "$log"; then
  grep -vE '^(clang-tidy|[0-9]+ warnings? |Suppressed|Use -header-filter)' "$log"
  exit 1
fi
echo "clang-tidy finds no fault in $(grep -c '^clang-tidy' "$log") files"
