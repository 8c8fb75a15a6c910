#!/usr/bin/env bash
# From a bare machine to a trained generator and its measured quality: installs what is missing, builds, fetches
# MNIST and trains for some minutes on two ranks. May be started from any folder and again: every start trains in a
# folder of its own.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. jobs/lib-packages.sh

program=build/release/gantrain
run=runs/quickstart # where it exists: quickstart-2, and so on

say() {
  printf '\n== %s\n' "$*"
}

build() {
  say "Building (folder build/release)"
  local output
  output=$(packages_configure release -DGANTRAIN_TESTS=OFF 2>&1) || {
    echo "$output"
    return 1
  }
  cmake --build --preset release --parallel "$(nproc)" --target gantrain
}

# MNIST where it can be fetched, else the part of it that is built into the program.
prepare_data() {
  if [ -f data/mnist.h5 ]; then
    say "Data: data/mnist.h5 is there"
    return
  fi
  say "Data: fetching MNIST"
  if data/fetch-mnist.sh; then
    "$program" import idx data/mnist -o data/mnist.h5
  else
    say "Data: no source of MNIST can be reached: going on with the 3,000 images that are built in"
  fi
}

train() {
  local cores oversubscribe=()
  cores=$(lscpu -p=CORE,SOCKET 2>/dev/null | grep -v '^#' | sort -u | wc -l)
  if [ "$cores" -lt 2 ] || [ "$(nproc)" -lt 2 ]; then
    oversubscribe=(--oversubscribe)
  fi
  local number=1
  while [ -e "$run" ]; do
    number=$((number + 1))
    run=runs/quickstart-$number
  done
  say "Training on 2 ranks, with the preset quick"
  mpirun -np 2 "${oversubscribe[@]}" "$program" train --out "$run"
  say "Quality, beside the floor: what as many real images would get"
  mpirun -np 2 "${oversubscribe[@]}" "$program" eval "$run" --judge data/mnist-small.judge.h5
}

show_results() {
  say "Done. The files:"
  find "$run" -type f | sort | sed 's/^/  /'
  cat <<EOF

To look at them:
  the newest samples, a picture      $run/samples.png
  what a file holds, in words        $program info $run
  more samples from the generator    $program sample $run -n 100 -o more.png
  losses over the steps              h5dump -d /d_loss $run/metrics.h5
  the same in Python, with xarray    python3 -c "import xarray; print(xarray.open_dataset('$run/metrics.h5'))"
                                     (Debian: python3-xarray and python3-h5netcdf; with /usr/bin/python3)
More steps make better digits. To train on, in $PWD:
  mpirun -np 2 $program --out $run --resume --steps 10000
EOF
  if [ "$(id -u)" -eq 0 ]; then
    echo "  (as root first: export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)"
  fi
}

if [ ! -f data/mnist.h5 ] && packages_can_install; then
  packages_ensure build data
else
  packages_ensure build # without curl or wget the images that are built in will do
fi
packages_prepare_mpi
build
prepare_data
train
show_results
