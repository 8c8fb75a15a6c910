#!/bin/sh
# check_includes.sh SOURCE_DIR: the includes follow the arrows of the design:
#   base <- math <- nn <- gan <- cli;  base <- dist <- cli;  base, math, nn <- io <- cli
# and MPI, HDF5 and BLAS each are seen by one folder.
set -u
cd "$1" || exit 1
failures=0

# Which folder a public header belongs to.
folder_of() {
  case $1 in
    approx | attributes | check | clones | log | memory | rng | shape | shard | status | worker) echo base ;;
    blas | conv | exact | gemm | kernels) echo math ;;
    adam | arena | layer | loss | network) echo nn ;;
    architecture | gan) echo gan ;;
    dist | reducer | watchdog) echo dist ;;
    checkpoint | dataset | files | import | outputs) echo io ;;
    options | trainer | commands) echo cli ;;
    *) echo unknown ;;
  esac
}

# files that may include headers of $allowed only
check_files() {
  allowed=$1
  shift
  for file in "$@"; do
    [ -f "$file" ] || continue
    for header in $(sed -n 's/^ *# *include *"gantrain\/\([a-z0-9_]*\)\.h".*/\1/p' "$file"); do
      folder=$(folder_of "$header")
      case " $allowed " in
        *" $folder "*) ;;
        *)
          echo "$file includes gantrain/$header.h of $folder, but may see only: $allowed"
          failures=$((failures + 1))
          ;;
      esac
    done
  done
}

# pattern, what it is, and the one folder that may include it
check_library() {
  found=$(grep -rnE "^ *# *include *[<\"]($1)" include src --include='*.[ch]' | grep -v "^src/$3/")
  if [ -n "$found" ]; then
    echo "$2 is seen outside src/$3:"
    echo "$found"
    failures=$((failures + 1))
  fi
}

allowed_for() {
  case $1 in
    base) echo "base" ;;
    math) echo "base math" ;;
    nn) echo "base math nn" ;;
    gan) echo "base math nn gan" ;;
    dist) echo "base dist" ;;
    io) echo "base math nn io" ;;
    cli) echo "base math nn gan dist io cli" ;;
  esac
}

for folder in base math nn gan dist io cli; do
  check_files "$(allowed_for $folder)" src/$folder/*.c src/$folder/*.h
done
for header in include/gantrain/*.h; do
  name=$(basename "$header" .h)
  folder=$(folder_of "$name")
  if [ "$folder" = unknown ]; then
    echo "$header: say in tests/check_includes.sh which folder it belongs to"
    failures=$((failures + 1))
    continue
  fi
  check_files "$(allowed_for "$folder")" "$header"
done
check_library 'mpi\.h' MPI dist
check_library 'hdf5' HDF5 io
check_library 'cblas|openblas|f77blas|lapack' BLAS math

[ "$failures" -eq 0 ] && echo "all includes follow the design"
[ "$failures" -eq 0 ]
