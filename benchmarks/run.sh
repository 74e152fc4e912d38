#!/bin/sh
# Builds the benchmarks, runs fanfare beside the kernel's floor and other servers, and writes tables and plots.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'END_OF_USAGE'
usage: sh benchmarks/run.sh [--quick] [--only NAMES] [--servers REGEX] [--out FOLDER] [--micro] [--no-install]
Measures on loopback, at most 10 minutes without installing and building; read benchmarks/README.md first.
  --quick          about a minute: the figures that a change moves most, once, with smaller crowds
  --only NAMES     comma-separated: instructions, sends, cpu, saturation, bursts, latency, idle, stalled,
                   herd, publish, accept, scale
  --servers REGEX  only the servers whose names match, and the floor: fanfare, Beast, nchan, Node, ...
  --out FOLDER     for the results (build/benchmarks/results)
  --micro          the micro-benchmarks instead, which need no sockets
  --no-install     installs nothing; what is missing is left out
END_OF_USAGE
}
refuse() {
  echo "benchmarks/run.sh: $1; --help says what there is" >&2
  exit 2
}

build=build/benchmarks
out=$build/results
only=
servers=
quick=
micro=no
install=yes
while [ $# -gt 0 ]; do
  case $1 in
    --out | --only | --servers)
      [ $# -ge 2 ] || refuse "$1 needs a value"
      case $1 in
        --out) out=$2 ;;
        --only) only=$2 ;;
        --servers) servers=$2 ;;
      esac
      shift
      ;;
    --quick) quick=--quick ;;
    --micro) micro=yes ;;
    --no-install) install=no ;;
    --help) usage; exit 0 ;;
    *) refuse "unknown option '$1'" ;;
  esac
  shift
done

if [ $install = yes ]; then
  . cmake/install_packages.sh
  install_packages c++:g++ cmake:cmake ninja:ninja-build python3:python3 libasio-dev libfmt-dev libsimdjson-dev \
    zlib1g-dev libbenchmark-dev valgrind:valgrind strace:strace libboost-dev libwebsocketpp-dev libcpp-httplib-dev \
    nginx:nginx libnginx-mod-nchan node:nodejs npm:npm ca-certificates
  lock=benchmarks/peers/package-lock.json
  if command -v npm >/dev/null && [ ! $lock -ot benchmarks/peers/node_modules/.package-lock.json ]; then
    npm ci --prefix benchmarks/peers --no-audit --no-fund --ignore-scripts ||
      echo "benchmarks/run.sh: npm could not install; what runs on Node is left out" >&2
  fi
fi

cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DFANFARE_BUILD_BENCHMARKS=ON \
  -DFANFARE_BUILD_TESTS=OFF -DFANFARE_BUILD_EXAMPLES=OFF
cmake --build $build

if [ $micro = yes ]; then
  exec $build/bin/micro_benchmarks --benchmark_counters_tabular=true
fi
set -- --bin $build/bin --out "$out" --servers "$servers"
[ -z "$quick" ] || set -- "$@" $quick
[ -z "$only" ] || set -- "$@" --only "$only"
# A network of its own, where that is allowed: ports and TCP are as they are everywhere else then.
if unshare -n ip link set lo up 2>/dev/null; then
  exec unshare -n sh -c 'ip link set lo up
    echo reno >/proc/sys/net/ipv4/tcp_congestion_control
    echo 4096 >/proc/sys/net/core/somaxconn
    exec python3 benchmarks/measure.py "$@"' measure "$@"
fi
echo "benchmarks/run.sh: no network namespace, so the machine's own TCP settings are in the figures"
exec python3 benchmarks/measure.py "$@"
