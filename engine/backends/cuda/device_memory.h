#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace engine::cuda {

/// Throws Error for anything but success: OutOfMemory where the card had none, else DeviceFailure; `what` completes
/// "the NVIDIA card failed while ".
void check(cudaError_t status, const char* what);

/// A stream of the current card. Waits for nothing when it goes.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }
  /// Waits until the card has done what was given so far. Throws Error(DeviceFailure) for what went wrong meanwhile.
  void wait() const;

 private:
  cudaStream_t stream_ = nullptr;
};

/// Memory of the card that grows and is used again; contents are lost when it grows.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  ~DeviceBuffer();
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;
  /// At least that many bytes, aligned to 256. Growing waits for the card. Throws Error(OutOfMemory).
  std::byte* reserve(std::size_t bytes);
  template <typename Element>
  Element* reserve_as(std::size_t count) {
    return reinterpret_cast<Element*>(reserve(count * sizeof(Element)));
  }
  std::byte* data() const { return data_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Weights of a model: pieces of large allocations, given back all together. A model of experts has thousands of weights,
/// for each of which the driver would take its time and round up.
class WeightMemory {
 public:
  WeightMemory() = default;
  ~WeightMemory();
  WeightMemory(const WeightMemory&) = delete;
  WeightMemory& operator=(const WeightMemory&) = delete;
  /// `bytes` aligned to 256. Throws Error(OutOfMemory) with what is free.
  std::byte* take(std::size_t bytes);

 private:
  std::vector<std::byte*> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

/// Copies from a mapped file to the card through two pinned buffers: while one is filled from the file the other crosses
/// the bus.
class PinnedStaging {
 public:
  PinnedStaging() = default;
  ~PinnedStaging();
  PinnedStaging(const PinnedStaging&) = delete;
  PinnedStaging& operator=(const PinnedStaging&) = delete;
  /// Returns when `from` was read; the copy is done when `stream` has done what was given so far.
  void copy(const std::byte* from, std::size_t bytes, std::byte* to, cudaStream_t stream);

 private:
  struct Half {
    std::byte* memory = nullptr;
    cudaEvent_t sent = nullptr;
  };
  void open();
  Half halves_[2];
  int turn_ = 0;
};

}  // namespace engine::cuda
