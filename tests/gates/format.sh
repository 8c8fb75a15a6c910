#!/bin/sh
# format.sh SOURCE_DIR: every C file is as clang-format 14 writes it. The version is pinned: others lay out otherwise.
set -u
cd "$1" || exit 1
if ! command -v clang-format-14 >/dev/null 2>&1; then
  echo "skipped: no clang-format-14 (Debian package of this name)"
  exit 77
fi
if ! find src include tests -name '*.[ch]' -o -name '*.inc' | sort | xargs clang-format-14 --dry-run -Werror; then
  echo "Mend it: clang-format-14 -i on the files above"
  exit 1
fi
echo "all C files are formatted"
