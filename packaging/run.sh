#!/usr/bin/env bash
# Builds Sotto and starts it with the embedded demo model. Arguments are handed to the program.
#   packaging/run.sh              install what is missing, build, start
#   packaging/run.sh --build-only the same without starting
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. packaging/install_packages.sh

build_only=
if [ "${1:-}" = --build-only ]; then
  build_only=1
  shift
fi

ensure_packages engine app run

# The CUDA module is built where nvcc exists and compiles a file with the compiler at hand.
preset=release
nvcc=$(command -v nvcc || { [ -x /usr/local/cuda/bin/nvcc ] && echo /usr/local/cuda/bin/nvcc; } || true)
if [ -n "$nvcc" ]; then
  probe=$(mktemp -d)
  echo '#include <vector>
__global__ void k(float* p) { p[threadIdx.x] += 1.0f; }
int main() { std::vector<float> v(32); k<<<1, 32>>>(v.data()); return 0; }' > "$probe/probe.cu"
  if "$nvcc" -std=c++17 -c "$probe/probe.cu" -o "$probe/probe.o" 2> "$probe/log"; then
    preset=release-cuda
    export CUDACXX="$nvcc"
    echo "CUDA: $nvcc works with this compiler; the CUDA module is built."
  else
    echo "CUDA: $nvcc does not compile with this compiler ($(head -n 1 "$probe/log")); built for the CPU only."
  fi
  rm -rf "$probe"
else
  echo "CUDA: no nvcc found; built for the CPU only."
fi

mkdir -p build
cmake --preset "$preset" -Wno-dev > build/configure.log 2>&1 || { cat build/configure.log >&2; exit 1; }
cmake --build --preset "$preset"
[ -n "$build_only" ] && exit 0
exec "build/$preset/bin/sotto" "$@"
