# Sourced by run.sh and test.sh.
#   find_nvcc   sets `nvcc` to a CUDA compiler that works with the C++ compiler at hand, or to nothing; says which.

find_nvcc() {
  nvcc=$(command -v nvcc || { [ -x /usr/local/cuda/bin/nvcc ] && echo /usr/local/cuda/bin/nvcc; } || true)
  if [ -z "$nvcc" ]; then
    echo "CUDA: no nvcc found; built for the CPU only."
    return
  fi
  local probe
  probe=$(mktemp -d)
  cat > "$probe/probe.cu" <<'END'
#include <vector>
__global__ void add(float* p) { p[threadIdx.x] += 1.0f; }
int main() {
  std::vector<float> values(32);
  add<<<1, 32>>>(values.data());
  return 0;
}
END
  if "$nvcc" -std=c++17 -c "$probe/probe.cu" -o "$probe/probe.o" 2> "$probe/log"; then
    echo "CUDA: $nvcc works with this compiler; the CUDA module is built."
    export CUDACXX="$nvcc"
  else
    echo "CUDA: $nvcc does not work with this compiler ($(head -n 1 "$probe/log")); built for the CPU only."
    nvcc=
  fi
  rm -rf "$probe"
}
