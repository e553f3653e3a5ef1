#!/usr/bin/env bash
# Builds the engine with its CUDA module and checks it on the NVIDIA card of this machine: the backend suite, the golden
# models of the repository, random weights at true shapes, speed. Needs a C++20 compiler, CMake, Ninja or make, nvcc; no
# network, nothing from outside the repository but the libraries below.
#   packaging/gpu_check.sh [--prefix FOLDER] [--models ernie-0.3b,glm4-9b,ernie-21b] [--report FILE] [--skip-build] [--skip-speed]
#   --prefix   folder with the Debian packages libsentencepiece-dev, libprotobuf-dev, libpcre2-dev, libutf8proc-dev,
#              nlohmann-json3-dev, libgtest-dev, libgmock-dev and what they need, unpacked over each other (`dpkg -x`);
#              default .gpu-packages below the repository, which git ignores, where it exists; else the system's
#   --collect  fills that folder from the packages of a Debian machine with network, and stops
#   --report   default tests/bench/reports/CARD.json
# Status: 0 all passed, 1 something failed, 2 wrong use, 77 no card can be used here.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
prefix=$root/.gpu-packages models=ernie-0.3b report= build=yes speed=yes
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=$(cd "${2:?--prefix needs a folder}" && pwd); shift ;;
    --models) models=${2:?--models needs names}; shift ;;
    --report) report=${2:?--report needs a file}; shift ;;
    --skip-build) build= ;;
    --skip-speed) speed= ;;
    --collect)
      mkdir -p "$prefix/deb" && cd "$prefix/deb"
      apt-get download libsentencepiece-dev libsentencepiece0 libprotobuf-dev libprotobuf-lite32 libpcre2-dev libpcre2-8-0 \
        libutf8proc-dev libutf8proc2 nlohmann-json3-dev libgtest-dev libgmock-dev googletest
      for package in *.deb; do dpkg -x "$package" "$prefix"; done
      rm -rf "$prefix/deb"
      exit 0 ;;
    *) echo "gpu_check.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done

step() { printf '\n== %s (%s)\n' "$1" "$(date -u +%H:%M:%S)"; }

if ! command -v nvidia-smi >/dev/null || ! nvidia-smi -L 2>/dev/null | grep -q GPU; then
  echo "gpu_check.sh: this machine has no NVIDIA card with a driver, so nothing was checked."
  exit 77
fi
card=$(nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1)

if [ -n "$build" ]; then
  step "build for $card"
  . packaging/cuda_probe.sh
  find_nvcc
  [ -n "$nvcc" ] || { echo "gpu_check.sh: there is no nvcc that works with the C++ compiler, so nothing could be built." >&2; exit 1; }
  arguments=(-DWARNINGS_AS_ERRORS=ON "-DCMAKE_CUDA_ARCHITECTURES=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)")
  if [ -d "$prefix/usr" ]; then
    libraries=$prefix/usr/lib/$(uname -m)-linux-gnu
    arguments+=("-DCMAKE_PREFIX_PATH=$prefix/usr" "-DCMAKE_BUILD_RPATH=$libraries" "-DCMAKE_EXE_LINKER_FLAGS=-Wl,-rpath-link,$libraries")
    export PKG_CONFIG_SYSROOT_DIR=$prefix PKG_CONFIG_LIBDIR=$libraries/pkgconfig:$prefix/usr/share/pkgconfig
    export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  fi
  command -v ninja >/dev/null || export CMAKE_GENERATOR="Unix Makefiles"
  cmake --preset cuda -Wno-dev ${CMAKE_GENERATOR:+-G "$CMAKE_GENERATOR"} "${arguments[@]}"
  cmake --build --preset cuda --target engine_tests sotto_cuda sotto-cli -j "$(nproc)"
fi
bin=$root/build/cuda/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

step "operations and golden models on $card"
# The suite runs in tests/, where fixtures are found.
filter='*BackendTest*/cuda:*BackendAgainstPortable*/cuda:*OnCard*:AvailableDevices*'
(cd tests && "$bin/engine_tests" --gtest_filter="$filter" --gtest_output="json:$work/suite.json") | tee "$work/suite.log" || status=1
# A card that the driver lists but the engine does not take would leave every test skipped.
if grep -q '^no NVIDIA card: ' "$work/suite.log"; then
  echo "gpu_check.sh: the engine does not take the card: $(grep -m 1 '^no NVIDIA card: ' "$work/suite.log")." >&2
  status=1
fi
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck; do
    step "compute-sanitizer, $tool"
    (cd tests && timeout 240 compute-sanitizer --tool "$tool" --error-exitcode 1 "$bin/engine_tests" \
      --gtest_filter='*BackendAgainstPortable*/cuda') > "$work/$tool.log" 2>&1 && echo clean > "$work/$tool" ||
      { echo "failed or timed out" > "$work/$tool"; tail -n 30 "$work/$tool.log"; status=1; }
  done
fi

python=$(command -v python3 || true)
if [ -n "$speed" ] && [ -n "$python" ] && "$python" -c 'import numpy' 2>/dev/null; then
  for model in ${models//,/ }; do
    step "speed of $model"
    "$python" tests/bench/gpu_models.py "$model" "$work/$model" || { status=1; continue; }
    for file in "$work/$model"/*; do
      for depth in 0 8192; do
        "$bin/sotto-cli" bench "$file" --device cuda --context 16384 --prompt 2048 --generate 128 --depth $depth \
          > "$work/bench-$model-$(basename "$file")-$depth.txt" 2>&1 || { tail -n 3 "$work/bench-$model-$(basename "$file")-$depth.txt"; status=1; }
      done
    done
    if "$python" -c 'import torch, transformers' 2>/dev/null; then
      "$python" tests/bench/gpu_transformers.py "$work/$model/bf16" > "$work/transformers-$model.json" ||
        { rm -f "$work/transformers-$model.json"; echo "transformers could not run $model"; }
    fi
    rm -rf "${work:?}/$model"
  done
fi

if [ -n "$python" ]; then
  report=${report:-tests/bench/reports/$(printf '%s' "$card" | tr -cs 'A-Za-z0-9' '-' | sed 's/-$//').json}
  mkdir -p "$(dirname "$report")"
  "$python" tests/bench/gpu_report.py "$work" "$report" "$card" "$status"
  echo "The report is in $report."
fi
[ $status -eq 0 ] && step "all passed" || step "something failed"
exit $status
