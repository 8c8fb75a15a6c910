# shellcheck shell=bash
# Sourced by the measurements that train or judge with several ranks.

# bench_prepare [GANTRAIN] RANKS: sets `program`, the one of build/release if none is named, and `launch`, what starts it.
bench_prepare() {
  local ranks=$2 here
  here=$(dirname "${BASH_SOURCE[0]}")
  program=$(realpath -m "${1:-$here/../../build/release/gantrain}")
  if [ ! -x "$program" ]; then
    echo "$0: $program is not there; build it, or name it as the last argument" >&2
    exit 1
  fi
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  launch=(mpirun -np "$ranks")
  [ "$(nproc)" -ge "$ranks" ] || launch+=(--oversubscribe)
}

# bench_usage COUNT: ends with the usage, which is the fifth line of the script, where there were fewer arguments than two.
bench_usage() {
  if [ "$1" -lt 2 ]; then
    sed -n '5s/^# *//p' "$0" >&2
    exit 2
  fi
}
