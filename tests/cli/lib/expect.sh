# shellcheck shell=bash
# Sourced by the tests of the whole program: runs it and compares exit code and message.
# The caller gets an empty folder to work in, removed at the end.

work=$(mktemp -d "${TMPDIR:-/tmp}/gantrain-cli.XXXXXX") || exit 1
trap 'cd / && rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# run RANKS ARGUMENTS...: output and errors in the file "output"; one rank runs without mpirun, but for the
# leak sanitizer, which crashes on the threads that Open MPI starts then.
run() {
  local ranks=$1
  shift
  if [ "$ranks" -eq 1 ] && [ -z "${GANTRAIN_SANITIZED:-}" ]; then
    "$GANTRAIN" "$@" >output 2>&1 </dev/null
  else
    mpirun --oversubscribe -np "$ranks" "$GANTRAIN" "$@" >output 2>&1 </dev/null
  fi
}

complain() {
  echo "FAILED: $1"
  sed 's/^/    /' output
  failures=$((failures + 1))
}

# expect_at RANKS CODE MESSAGE ARGUMENTS...: the program ends with CODE and prints MESSAGE, as its only error message.
expect_at() {
  local ranks=$1 code=$2 message=$3 got=0 errors
  shift 3
  run "$ranks" "$@" || got=$?
  errors=$(grep -c '^gantrain: error: ' output)
  if [ "$got" -ne "$code" ]; then
    complain "$ranks ranks, gantrain $*: exit code $got, $code was expected"
  elif ! grep -qF -- "$message" output; then
    complain "$ranks ranks, gantrain $*: no \"$message\" in the output"
  elif [ "$code" -eq 0 ] && [ "$errors" -ne 0 ] || [ "$code" -ne 0 ] && [ "$errors" -ne 1 ]; then
    complain "$ranks ranks, gantrain $*: $errors error messages, exit code $code"
  else
    echo "ok: $ranks ranks, gantrain $*: $code, $(grep -m 1 -F -- "$message" output)"
  fi
}

# expect CODE MESSAGE ARGUMENTS...: the same at one and at two ranks.
expect() {
  expect_at 1 "$@"
  expect_at 2 "$@"
}

# expect_absent PATH...: a failed command left none of these files.
expect_absent() {
  local path
  for path in "$@"; do
    if [ -e "$path" ]; then
      : >output
      complain "$path was left behind"
    fi
  done
}

# Big-endian 32-bit numbers to standard output.
words() {
  local word
  for word in "$@"; do
    printf "\\x$(printf %02x $((word >> 24 & 255)))\\x$(printf %02x $((word >> 16 & 255)))"
    printf "\\x$(printf %02x $((word >> 8 & 255)))\\x$(printf %02x $((word & 255)))"
  done
}

# make_idx FOLDER: the four files, 40 training and 20 test images of 6 x 4, labels 0 to 9 in turn.
make_idx() {
  local part rows row
  mkdir -p "$1"
  for part in train:40 t10k:20; do
    rows=${part#*:}
    {
      words 2051 "$rows" 6 4
      for ((row = 0; row < rows * 24; row++)); do printf "\\x$(printf %02x $((row * 37 % 256)))"; done
    } >"$1/${part%:*}-images-idx3-ubyte"
    {
      words 2049 "$rows"
      for ((row = 0; row < rows; row++)); do printf "\\x$(printf %02x $((row % 10)))"; done
    } >"$1/${part%:*}-labels-idx1-ubyte"
  done
}

finish() {
  if [ "$failures" -ne 0 ]; then
    echo "$failures failed"
    exit 1
  fi
}
