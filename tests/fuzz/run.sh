#!/usr/bin/env bash
# Coverage-guided fuzzing of everything that is read: idx, dataset, checkpoint, config. Builds with clang under the
# address and undefined-behaviour sanitizers, fuzzes each for FUZZ_SECONDS (60), and says how many inputs, how much
# coverage and what was found. FUZZ_FOLDER keeps the build, the corpora and the findings.
# A death with HDF5 on top of the stack is counted, but is none of ours: HDF5 1.10 has such.
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
seconds=${FUZZ_SECONDS:-60}
keep=${FUZZ_FOLDER:-}
folder=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/gantrain-fuzz.XXXXXX")}
# Processes that die leave their files behind.
FUZZ_MEMORY=$(mktemp -d /dev/shm/gantrain-fuzzing.XXXXXX 2>/dev/null || mktemp -d)
export FUZZ_MEMORY
trap 'rm -rf "$FUZZ_MEMORY"; [ -n "$keep" ] || rm -rf "$folder"' EXIT
mkdir -p "$folder"

echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d == 0 && n == 1; }' >"$folder/try.c"
if ! clang -fsanitize=fuzzer "$folder/try.c" -o "$folder/try" 2>/dev/null; then
  echo "skipped: clang with libFuzzer, which guides the changes, is missing"
  exit 77
fi
flags='-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all'
if ! { cmake -S "$source_dir" -B "$folder/build" -DCMAKE_C_COMPILER=clang -DCMAKE_ASM_COMPILER=clang -DGANTRAIN_TESTS=OFF \
  "-DCMAKE_C_FLAGS=$flags -fsanitize=fuzzer-no-link" &&
  cmake --build "$folder/build" --parallel "$(nproc)" --target gt_cli; } >"$folder/build.log" 2>&1; then
  tail -n 20 "$folder/build.log"
  exit 1
fi
hdf5="hdf5-serial"
pkg-config --exists "$hdf5" || hdf5=hdf5
# shellcheck disable=SC2046,SC2086 # lists of words
if ! clang $flags -fsanitize=fuzzer -I"$source_dir/include" -I"$source_dir/src" $(pkg-config --cflags "$hdf5") \
  "$here/fuzz.c" "$here/harness.c" -o "$folder/fuzz" -L"$folder/build" \
  -Wl,--start-group "$folder"/build/libgt_*.a -Wl,--end-group \
  $(pkg-config --libs "$hdf5" libxxhash inih libpng zlib) -ldl \
  -l"$([ "$hdf5" = hdf5-serial ] && echo hdf5_serial_hl || echo hdf5_hl)" $(mpicc --showme:link) -lpthread -lm; then
  exit 1
fi

export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:handle_abort=1
failures=0
for target in idx dataset checkpoint config; do
  export FUZZ_TARGET=$target
  at=$folder/$target
  mkdir -p "$at/corpus" "$at/found"
  "${TEST_HOSTILE:?the program that makes the seeds}" "$target" "$at/corpus/seed" || exit 1
  # In processes of their own: one death does not end the course. Memory: far more than any seed can ask for.
  "$folder/fuzz" -fork=1 -ignore_crashes=1 -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=1024 \
    -malloc_limit_mb=256 -artifact_prefix="$at/found/" "$at/corpus" >"$at/log" 2>&1
  ours=0
  theirs=0
  for found in "$at"/found/*; do
    [ -e "$found" ] || continue
    "$folder/fuzz" -timeout=20 -rss_limit_mb=1024 -malloc_limit_mb=256 "$found" >"$at/trace" 2>&1 && continue
    if grep -E '^ *#[0-6] ' "$at/trace" | head -n 7 | grep -q 'libhdf5'; then
      theirs=$((theirs + 1))
    else
      ours=$((ours + 1))
      sed -n '1,30p' "$at/trace"
    fi
  done
  echo "$target: $(grep -oE '^#[0-9]+: cov: [0-9]+' "$at/log" | tail -n 1), findings of ours $ours, deaths in HDF5 $theirs"
  failures=$((failures + ours))
done
exit $((failures > 0))
