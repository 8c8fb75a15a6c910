#!/bin/sh
# check_includes.sh SOURCE_DIR: the includes follow the arrows of the design. The arrows are those of the libraries
# in CMakeLists.txt, one a folder; the folder of a header is in its include line. MPI, HDF5 and BLAS are seen by few
# folders, and by no public header.
set -u
cd "$1" || exit 1
failures=0

fail() {
  echo "$1"
  failures=$((failures + 1))
}

folders=$(sed -n 's/^gantrain_library(\([a-z0-9]*\) .*/\1/p' CMakeLists.txt)
[ -n "$folders" ] || fail "CMakeLists.txt names no library of a folder"

linked_by() {
  sed -n "s/^gantrain_library($1 \(.*\))/\1/p" CMakeLists.txt | tr ' ' '\n' | sed -n 's/^gt_//p'
}

# Prints the folder itself and all folders that it links, directly or through others. Going deeper than there are
# folders means that there is a circle, which is an error.
reached_from() {
  reach=" $1 "
  todo=$1
  while [ -n "$todo" ]; do
    next=""
    for folder in $todo; do
      for other in $(linked_by "$folder"); do
        [ "$other" != "$1" ] || echo "CIRCLE"
        case $reach in *" $other "*) ;; *) reach="$reach$other " next="$next $other" ;; esac
      done
    done
    todo=$next
  done
  echo "$reach"
}

for folder in $folders; do
  [ -d "src/$folder" ] || fail "CMakeLists.txt: there is no src/$folder"
  reach=$(reached_from "$folder")
  case $reach in *CIRCLE*) fail "CMakeLists.txt: $folder links itself through others" ;; esac
  for file in "src/$folder"/*.[chS] "include/gantrain/$folder"/*.h; do
    [ -f "$file" ] || continue
    for include in $(sed -n 's/^ *# *include *"\([^"]*\/[^"]*\)".*/\1/p' "$file"); do
      other=$(echo "${include#gantrain/}" | cut -d/ -f1)
      case " $reach " in
        *" $other "*) ;;
        *) fail "$file includes $include, but $folder sees only: $(echo $reach)" ;;
      esac
    done
  done
done
for path in src/*/ include/gantrain/*/; do
  echo "$folders" | grep -qx "$(basename "$path")" || fail "$path: no library in CMakeLists.txt has this name"
done

# pattern, what it is, and the folders whose sources may include it
check_library() {
  found=$(grep -rnE "^ *# *include *[<\"]($1)" include src --include='*.[ch]' | grep -vE "^src/($3)/")
  [ -z "$found" ] || fail "$2 is seen outside src/$3:
$found"
}
check_library 'mpi\.h' MPI comm
check_library 'hdf5|H5' HDF5 'h5|io'
check_library 'cblas|openblas|f77blas|lapack' BLAS math

[ "$failures" -eq 0 ] && echo "all includes follow the design"
[ "$failures" -eq 0 ]
