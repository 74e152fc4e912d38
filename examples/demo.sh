#!/bin/sh
# Installs what is missing, builds the download manager, and starts it.
set -eu

# A path that the user gave is meant from where the user is, so there is no cd.
root=$(dirname "$0")/..

for argument in "$@"; do
  if [ "$argument" = --help ]; then
    cat <<'END'
usage: sh examples/demo.sh [OPTION...]
Installs what is missing, builds the download manager, and starts it. It takes the options:
  --port N         where to listen; 0 picks a free port
  --address A      which address to listen on
  --dir FOLDER     where downloads go
END
    exit 0
  fi
done

. "$root/cmake/install_packages.sh"
install_packages c++:g++ cmake:cmake ninja:ninja-build libasio-dev libfmt-dev libsimdjson-dev zlib1g-dev libssl-dev libcurl4-openssl-dev \
  ca-certificates

# CMake looks for presets where it runs.
(
  cd "$root"
  mkdir -p build/release
  if ! cmake --preset release -DFANFARE_BUILD_TESTS=OFF -DFANFARE_BUILD_EXAMPLES=ON >build/release/configure.log 2>&1; then
    cat build/release/configure.log >&2
    exit 1
  fi
  if ! cmake --build --preset release --target download_manager; then
    grep '^-- fanfare' build/release/configure.log >&2
    exit 1
  fi
)
exec "$root/build/release/bin/download_manager" "$@"
