#include "engine/backends/backend.h"

#include "engine/backends/cpu/cpu_backend.h"
#include "engine/backends/cpu/cpu_cores.h"
#include "engine/backends/cuda_module.h"
#include "engine/base/error.h"

namespace engine {
namespace {

/// Why no NVIDIA card does the work, in words.
std::string why_not_cuda() {
  for (const DeviceInfo& device : cuda_devices()) {
    if (!device.reason.empty()) return device.reason;
  }
  return "models run on the CPU in this version of Sotto";
}

}  // namespace

std::unique_ptr<Backend> create_backend(const EngineOptions& options) {
  std::string reason = "chosen in the options";
  if (options.device != DeviceChoice::Cpu) {
    const std::string why_not = why_not_cuda();
    if (options.device == DeviceChoice::Cuda) {
      throw Error(ErrorCode::DeviceFailure, "The model cannot run on an NVIDIA card: " + why_not);
    }
    reason = "no NVIDIA card can be used: " + why_not;
  }
  return std::make_unique<CpuBackend>(options, reason);
}

std::vector<DeviceInfo> available_devices() {
  const MainMemory memory = main_memory();
  std::vector<DeviceInfo> devices(1);
  devices[0].name = cpu_name();
  devices[0].kind = "cpu";
  devices[0].memory_total = memory.total;
  devices[0].memory_free = memory.available;
  devices[0].usable = true;
  for (DeviceInfo& device : cuda_devices()) devices.push_back(std::move(device));
  return devices;
}

}  // namespace engine
