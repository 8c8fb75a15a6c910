#!/usr/bin/env bash
# Builds everything and runs every test. It can be started from any folder, as root or not, and again.
#   tests/run.sh          the tests
#   tests/run.sh --long   also the slow ones: valgrind, everything under sanitizers, and a build with clang
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/lib-packages.sh

long=
for argument in "$@"; do
  case $argument in
    --long) long=yes ;;
    *)
      echo "tests/run.sh: unknown argument $argument; expected nothing or --long" >&2
      exit 2
      ;;
  esac
done

build() {
  packages_configure "$@" -DGANTRAIN_TESTS=ON -DGANTRAIN_WERROR=ON
  cmake --build --preset "$1" --parallel "$(nproc)"
}

# As many tests run at once as there are cores.
run_ctest() {
  local preset=$1
  shift
  (cd "build/$preset" &&
    ctest --output-on-failure --no-tests=error --parallel "$(nproc)" --output-junit tests.xml "$@")
}

# A skipped test must say why. Nothing is printed where none was skipped.
check_skipped() {
  python3 - "build/$1/tests.xml" <<'EOF'
import sys
import xml.etree.ElementTree as tree

silent = []
for case in tree.parse(sys.argv[1]).iter("testcase"):
    if case.find("skipped") is not None:
        said = [line for line in (case.findtext("system-out") or "").splitlines() if "skipped" in line]
        print(f"{case.get('name')}: {said[0] if said else 'skipped without a reason'}", file=sys.stderr)
        if not said:
            silent.append(case.get("name"))
sys.exit(1 if silent else 0)
EOF
}

if [ -n "$long" ]; then
  packages_ensure build tests long
else
  packages_ensure build tests
fi
packages_prepare_mpi
build release
if [ -n "$long" ]; then
  cmake -S . -B build/clang -DCMAKE_C_COMPILER=clang -DCMAKE_ASM_COMPILER=clang -DGANTRAIN_TESTS=ON -DGANTRAIN_WERROR=ON
  cmake --build build/clang --parallel "$(nproc)"
  build sanitize
  run_ctest sanitize
  check_skipped sanitize
  run_ctest release
else
  run_ctest release --label-exclude long
fi
check_skipped release
