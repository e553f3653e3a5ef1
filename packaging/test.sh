#!/usr/bin/env bash
# Builds everything and runs all tests headless: the `ci` preset in full, then the fast engine, template and history
# tests under the address, undefined-behaviour and thread sanitizers.
#   packaging/test.sh           all of it
#   packaging/test.sh --quick   the `ci` preset only
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. packaging/install_packages.sh
. packaging/cuda_probe.sh
ensure_packages engine app run test

export QT_QPA_PLATFORM=offscreen QT_QUICK_BACKEND=software LC_ALL=C.UTF-8
export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-2}

step() { printf '\n== %s (%s)\n' "$1" "$(date -u +%H:%M:%S)"; }

# sanitize PRESET LABELS TARGET...
sanitize() {
  local preset=$1 labels=$2
  shift 2
  step "$preset: build and fast tests"
  cmake --preset "$preset" -Wno-dev
  cmake --build --preset "$preset" --target "$@"
  ctest --preset "$preset" --label-regex "$labels"
}

step "ci: configure and build"
find_nvcc
cuda=()
# One architecture shows that the CUDA code compiles; packages are built for all of them.
[ -n "$nvcc" ] && cuda=(-DWITH_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES=90)
cmake --preset ci -Wno-dev "${cuda[@]}"
cmake --build --preset ci

step "ci: tests"
ctest --preset ci

if [ "${1:-}" != --quick ]; then
  history="history_test history_search_test history_file_test"
  hostile="download_plan_test download_http_test hub_files_test hub_test model_scan_test remote_address_test remote_protocol_test remote_stream_test remote_failure_test remote_list_test"
  sanitize asan '^(engine|templates|history|hostile)$' engine_tests templates_tests $history $hostile
  # The templates know no threads, and their hostile cases are held to times that this sanitizer cannot keep.
  sanitize tsan '^(engine|history)$' engine_tests $history
fi

step "all tests passed"
