#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/backends/backend.h"
#include "engine/backends/cuda_module.h"

namespace tests {

/// A backend that a suite runs on.
struct BackendSetting {
  const char* name;
  engine::DeviceChoice device;
  engine::IsaChoice isa;
  int threads;
  friend std::ostream& operator<<(std::ostream& out, const BackendSetting& setting) { return out << setting.name; }
};

inline auto all_backend_settings() {
  using engine::DeviceChoice;
  using engine::IsaChoice;
  return testing::Values(BackendSetting{"portable", DeviceChoice::Cpu, IsaChoice::Portable, 1},
                         BackendSetting{"avx2_two_threads", DeviceChoice::Cpu, IsaChoice::Avx2, 2},
                         BackendSetting{"best_one_thread", DeviceChoice::Cpu, IsaChoice::Auto, 1},
                         BackendSetting{"best_two_threads", DeviceChoice::Cpu, IsaChoice::Auto, 2},
                         BackendSetting{"cuda", DeviceChoice::Cuda, IsaChoice::Auto, 1});
}

/// One suite for the CPU and CUDA: tests of the latter are skipped with the reason where no card can be used. Inputs are
/// drawn afresh in every run; the seed is shown with a failure (SOTTO_TEST_SEED repeats one).
class BackendSuite : public testing::TestWithParam<BackendSetting> {
 protected:
  void SetUp() override {
    RecordProperty("seed", std::to_string(seed_));
    if (!on_card()) return;
    for (const engine::DeviceInfo& device : engine::cuda_devices()) {
      if (device.usable) return;
      GTEST_SKIP() << "no NVIDIA card: " << device.reason;
    }
  }
  void TearDown() override {
    if (HasFailure()) ADD_FAILURE() << "inputs were drawn with SOTTO_TEST_SEED=" << seed_;
  }

  bool on_card() const { return GetParam().device == engine::DeviceChoice::Cuda; }
  std::unique_ptr<engine::Backend> backend(engine::ComputeMode compute = engine::ComputeMode::F32,
                                           bool deterministic = false) const {
    engine::EngineOptions options;
    options.device = GetParam().device;
    options.isa = GetParam().isa;
    options.threads = GetParam().threads;
    options.compute = compute;
    options.deterministic = deterministic;
    return engine::create_backend(options);
  }
  /// The specification: plain C++ on one thread, all in float32.
  static std::unique_ptr<engine::Backend> portable() {
    engine::EngineOptions options;
    options.device = engine::DeviceChoice::Cpu;
    options.isa = engine::IsaChoice::Portable;
    options.threads = 1;
    options.compute = engine::ComputeMode::F32;
    return engine::create_backend(options);
  }
  std::vector<float> random(std::int64_t n, float spread = 1.0f) {
    std::uniform_real_distribution<float> values(-spread, spread);
    std::vector<float> result(static_cast<std::size_t>(n));
    for (float& value : result) value = values(engine_);
    return result;
  }
  static engine::Tensor tensor(engine::Backend& backend, engine::Shape shape, const std::vector<float>& values) {
    engine::Tensor result = backend.allocate(engine::DType::F32, std::move(shape));
    backend.upload(std::as_bytes(std::span(values)), result);
    return result;
  }
  /// For outputs: full of NaN, which shows where an operation does not write, or reads before it writes.
  static engine::Tensor poisoned(engine::Backend& backend, engine::Shape shape) {
    engine::Tensor result = backend.allocate(engine::DType::F32, std::move(shape));
    const std::vector<float> nothing(static_cast<std::size_t>(result.count()), std::numeric_limits<float>::quiet_NaN());
    backend.upload(std::as_bytes(std::span(nothing)), result);
    return result;
  }
  static std::vector<float> values(engine::Backend& backend, const engine::Tensor& tensor) {
    std::vector<float> result(static_cast<std::size_t>(tensor.count()));
    backend.download(tensor, std::as_writable_bytes(std::span(result)));
    return result;
  }

 private:
  static unsigned seed() {
    const char* const given = std::getenv("SOTTO_TEST_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  }
  unsigned seed_ = seed();

 protected:
  std::mt19937 engine_{seed_};
};

}  // namespace tests
