#!/usr/bin/env bash
# Builds Sotto and starts it with the embedded demo model. Arguments are handed to the program.
#   packaging/run.sh              install what is missing, build, start
#   packaging/run.sh --build-only the same without starting
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. packaging/install_packages.sh
. packaging/cuda_probe.sh

build_only=
if [ "${1:-}" = --build-only ]; then
  build_only=1
  shift
fi

ensure_packages engine app run
find_nvcc
preset=release
[ -n "$nvcc" ] && preset=release-cuda

mkdir -p build
cmake --preset "$preset" -Wno-dev > build/configure.log 2>&1 || { cat build/configure.log >&2; exit 1; }
cmake --build --preset "$preset"
[ -n "$build_only" ] && exit 0
exec "build/$preset/bin/sotto" "$@"
