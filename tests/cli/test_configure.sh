#!/usr/bin/env bash
# A machine without cmocka gets the program without tests, and says so; a big-endian target is refused at once.
. "$(dirname "$0")/lib/expect.sh"

# A pkg-config that finds every library but cmocka.
cat >pkg-config <<'EOF'
#!/bin/sh
case " $* " in *" cmocka "*) exit 1 ;; esac
exec pkg-config "$@"
EOF
chmod +x pkg-config

if ! cmake -S "$GANTRAIN_SOURCE_DIR" -B without -DPKG_CONFIG_EXECUTABLE="$work/pkg-config" >output 2>&1; then
  complain "cmake fails without cmocka"
elif ! tr -s ' \n' ' ' <output | grep -q 'tests are left out: they need cmocka (libcmocka-dev)'; then
  complain "cmake does not say that the tests are left out"
elif [ -e without/CTestTestfile.cmake ]; then
  complain "there are tests without cmocka"
fi

# The setting that CMake finds out for a cross compiler with a big-endian target.
echo 'set(CMAKE_C_BYTE_ORDER BIG_ENDIAN)' >big.cmake
if cmake -S "$GANTRAIN_SOURCE_DIR" -B big -DCMAKE_PROJECT_INCLUDE="$work/big.cmake" >output 2>&1; then
  complain "a big-endian target is not refused"
elif ! grep -q "target is BIG_ENDIAN" output; then
  complain "a big-endian target is refused without saying so"
fi
finish
