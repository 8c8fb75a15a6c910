# shellcheck shell=bash disable=SC2034,SC2086,SC2116 # lists of words are meant to be split
# Sourced by jobs/quickstart.sh and tests/run.sh: what gantrain needs from the system, installed where possible.
#
#   packages_ensure build            to build and run
#   packages_ensure build data       and to fetch MNIST
#   packages_ensure build tests      and to test
#   packages_ensure build tests long and for the long tests
#
# Installs only what is missing, and only with apt; elsewhere it says what other systems call the packages.

packages_apt_build="cmake make gcc libc6-dev pkg-config openmpi-bin libopenmpi-dev libopenblas-dev libhdf5-dev
  hdf5-tools librandom123-dev libxxhash-dev libpng-dev zlib1g-dev libinih-dev libjansson-dev"
packages_apt_tests="libcmocka-dev python3 python3-h5py python3-xarray python3-h5netcdf python3-netcdf4 python3-scipy
  python3-sklearn slurm-wlm munge iproute2 procps clang-format-14 clang-tidy-14 shellcheck"
packages_apt_data="curl ca-certificates"
packages_apt_long="valgrind clang"

# Prints the names of what is missing for one part, one per line.
packages_missing() {
  case $1 in
    build)
      for program in cmake cc mpicc mpirun h5dump; do
        command -v "$program" >/dev/null 2>&1 || echo "$program"
      done
      command -v ninja >/dev/null 2>&1 || command -v make >/dev/null 2>&1 || echo make
      if ! command -v pkg-config >/dev/null 2>&1; then
        echo pkg-config
        return
      fi
      for library in openblas libxxhash inih jansson libpng zlib; do
        pkg-config --exists "$library" || echo "$library"
      done
      pkg-config --exists hdf5-serial || pkg-config --exists hdf5 || echo hdf5
      echo '#include <Random123/philox.h>' | ${CC:-cc} ${CPPFLAGS:-} -E - >/dev/null 2>&1 || echo random123
      ;;
    tests)
      pkg-config --exists cmocka 2>/dev/null || echo cmocka
      for module in h5py xarray h5netcdf netCDF4 scipy sklearn; do
        /usr/bin/python3 -c "import $module" >/dev/null 2>&1 || echo "python3-$module"
      done
      # Elsewhere a test that needs a Slurm cluster or one of the gates' tools is skipped, with the reason.
      if packages_can_install; then
        for program in slurmctld slurmd munged ip pgrep clang-format-14 clang-tidy-14 shellcheck; do
          PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null 2>&1 || echo "$program"
        done
      fi
      ;;
    data)
      command -v curl >/dev/null 2>&1 || command -v wget >/dev/null 2>&1 || echo curl
      ;;
    long)
      for program in valgrind clang; do
        command -v "$program" >/dev/null 2>&1 || echo "$program"
      done
      ;;
  esac
}

packages_print_names() {
  cat <<EOF
Packages for apt (Debian, Ubuntu):
  $(echo $packages_apt_build $packages_apt_tests)
For dnf (Fedora, RHEL with EPEL; afterwards: module load mpi/openmpi-x86_64):
  cmake make gcc pkgconf-pkg-config openmpi-devel openblas-devel hdf5-devel Random123-devel xxhash-devel
  libpng-devel zlib-devel inih-devel jansson-devel libcmocka-devel python3-h5py python3-xarray python3-h5netcdf python3-netcdf4
  python3-scipy python3-scikit-learn
For Spack (afterwards: spack load all of them):
  cmake gcc pkgconf openmpi openblas hdf5~mpi+hl random123 xxhash libpng zlib-ng inih jansson cmocka py-h5py py-xarray
  py-h5netcdf py-netcdf4 py-scipy py-scikit-learn
EOF
}

# True where there is apt-get and this user may install packages.
packages_can_install() {
  command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1; }
}

packages_ensure() {
  local part missing="" wanted="" as_root=""
  for part in "$@"; do
    if [ -n "$(packages_missing "$part")" ]; then
      missing="$missing $(packages_missing "$part" | tr '\n' ' ')"
      eval "wanted=\"\$wanted \$packages_apt_$part\""
    fi
  done
  [ -n "$missing" ] || return 0
  echo "Missing on this machine: $(echo $missing)"
  if ! packages_can_install; then
    echo "They cannot be installed from here (that needs apt-get, and root or sudo). Install them, then start again."
    packages_print_names
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
  fi
  echo "Installing: $(echo $wanted)"
  if ! { $as_root apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted; }; then
    echo "apt-get failed (see above). Install the packages, then start again."
    packages_print_names
    return 1
  fi
  for part in "$@"; do
    missing=$(packages_missing "$part" | tr '\n' ' ')
    if [ -n "$missing" ]; then
      echo "Still missing after the installation: $missing"
      return 1
    fi
  done
}

# Open MPI refuses to run as root unless these variables allow it.
packages_prepare_mpi() {
  if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
}

# Configures the preset with further arguments; an existing build folder keeps its generator.
packages_configure() {
  local preset=$1
  shift
  if [ ! -f "build/$preset/CMakeCache.txt" ] && command -v ninja >/dev/null 2>&1; then
    set -- -G Ninja "$@"
  fi
  cmake --preset "$preset" "$@"
}
