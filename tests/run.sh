#!/bin/sh
# Installs what is missing, builds everything, and runs every test, header-only and compiled.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'END'
usage: sh tests/run.sh [--preset NAME] [-R REGEX] [--no-install]
  --preset NAME   dev (the default), release, asan or tsan
  -R REGEX        run only the tests whose name matches
  --no-install    install nothing
END
}
refuse() {
  echo "tests/run.sh: $1; --help says what there is" >&2
  exit 2
}

preset=dev
pattern=.
install=yes
while [ $# -gt 0 ]; do
  case $1 in
    --preset | -R)
      [ $# -ge 2 ] || refuse "$1 needs a value"
      if [ "$1" = -R ]; then pattern=$2; else preset=$2; fi
      shift
      ;;
    --no-install) install=no ;;
    --help) usage; exit 0 ;;
    *) refuse "unknown option '$1'" ;;
  esac
  shift
done
case $preset in
  dev | release | asan | tsan) ;;
  *) refuse "unknown preset '$preset'" ;;
esac

began=$(date +%s)
if [ $install = yes ]; then
  . cmake/install_packages.sh
  install_packages c++:g++ cmake:cmake ninja:ninja-build libasio-dev libfmt-dev libsimdjson-dev catch2 \
    zlib1g-dev libssl-dev libcurl4-openssl-dev ca-certificates curl:curl ffmpeg:ffmpeg openssl:openssl nginx:nginx \
    node:nodejs npm:npm chromium:chromium fonts-liberation
  lock=tests/browser/package-lock.json
  if command -v npm >/dev/null && [ ! $lock -ot tests/browser/node_modules/.package-lock.json ]; then
    npm ci --prefix tests/browser --no-audit --no-fund --ignore-scripts
  fi
fi
installed=$(date +%s)

cmake --preset "$preset" -DFANFARE_BUILD_TESTS=ON -DFANFARE_BUILD_EXAMPLES=ON
cmake --build --preset "$preset"
built=$(date +%s)

code=0
ctest --preset "$preset" -j "$(getconf _NPROCESSORS_ONLN)" -R "$pattern" || code=$?
tested=$(date +%s)
echo "tests/run.sh: installing took $((installed - began)) s, building $((built - installed)) s," \
  "testing $((tested - built)) s"
exit $code
