#include "engine/backends/cuda/device_memory.h"

#include <algorithm>
#include <cstring>

#include "engine/base/error.h"

namespace engine::cuda {
namespace {

constexpr std::size_t kAlignment = 256;                     // what cudaMalloc gives
constexpr std::size_t kBlockBytes = std::size_t{64} << 20;  // of WeightMemory: waste stays below one of them
constexpr std::size_t kHalfBytes = std::size_t{16} << 20;   // of PinnedStaging: a bus is busy from a few MB on

std::string megabytes(std::size_t bytes) { return std::to_string(bytes / 1000000 + 1) + " MB"; }

std::byte* allocate_on_card(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // the runtime remembers it otherwise, and the next kernel would be blamed
    std::size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    throw Error(ErrorCode::OutOfMemory, "The NVIDIA card has no room for " + megabytes(bytes) + " more: " + megabytes(free) +
                                            " of its " + megabytes(total) +
                                            " are free; choose a shorter context, a smaller model or the CPU");
  }
  check(status, "memory was asked for");
  return static_cast<std::byte*>(memory);
}

}  // namespace

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  const ErrorCode code = status == cudaErrorMemoryAllocation ? ErrorCode::OutOfMemory : ErrorCode::DeviceFailure;
  throw Error(code, std::string("The NVIDIA card failed while ") + what + ": " + cudaGetErrorString(status) +
                        "; load the model again, or choose the CPU");
}

Stream::Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "it was set up"); }

Stream::~Stream() {
  if (stream_ != nullptr) cudaStreamDestroy(stream_);
}

void Stream::wait() const { check(cudaStreamSynchronize(stream_), "it computed"); }

DeviceBuffer::~DeviceBuffer() {
  if (data_ != nullptr) cudaFree(data_);
}

std::byte* DeviceBuffer::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return data_;
  if (data_ != nullptr) {
    check(cudaDeviceSynchronize(), "it computed");  // kernels that were given before still use what is here
    check(cudaFree(data_), "memory was given back");
  }
  data_ = nullptr;
  bytes_ = 0;
  data_ = allocate_on_card(bytes);
  bytes_ = bytes;
  return data_;
}

WeightMemory::~WeightMemory() {
  for (std::byte* block : blocks_) cudaFree(block);
}

std::byte* WeightMemory::take(std::size_t bytes) {
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  if (rounded > left_) {
    const std::size_t block = std::max(rounded, kBlockBytes);
    blocks_.reserve(blocks_.size() + 1);
    std::byte* const memory = allocate_on_card(block);
    blocks_.push_back(memory);
    if (block - rounded <= left_) return memory;  // more is left in the block before
    next_ = memory;
    left_ = block;
  }
  std::byte* const taken = next_;
  next_ += rounded;
  left_ -= rounded;
  return taken;
}

PinnedStaging::~PinnedStaging() {
  for (const Half& half : halves_) {
    if (half.sent != nullptr) cudaEventSynchronize(half.sent);
    if (half.sent != nullptr) cudaEventDestroy(half.sent);
    if (half.memory != nullptr) cudaFreeHost(half.memory);
  }
}

void PinnedStaging::open() {
  for (Half& half : halves_) {
    if (half.memory == nullptr) {
      check(cudaHostAlloc(reinterpret_cast<void**>(&half.memory), kHalfBytes, cudaHostAllocDefault),
            "memory for copies was asked for");
    }
    if (half.sent == nullptr) {
      check(cudaEventCreateWithFlags(&half.sent, cudaEventDisableTiming), "copies were prepared");
    }
  }
}

void PinnedStaging::copy(const std::byte* from, std::size_t bytes, std::byte* to, cudaStream_t stream) {
  open();
  for (std::size_t done = 0; done < bytes; done += kHalfBytes, turn_ = 1 - turn_) {
    Half& half = halves_[turn_];
    const std::size_t count = std::min(kHalfBytes, bytes - done);
    check(cudaEventSynchronize(half.sent), "weights were copied");  // at once for an event that was never recorded
    std::memcpy(half.memory, from + done, count);
    check(cudaMemcpyAsync(to + done, half.memory, count, cudaMemcpyHostToDevice, stream), "weights were copied");
    check(cudaEventRecord(half.sent, stream), "weights were copied");
  }
}

}  // namespace engine::cuda
