#include "engine/backends/cuda_module.h"

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/backends/cuda/module_api.h"

namespace engine {
namespace {

constexpr const char* kModuleName = "libsotto_cuda.so";

/// Where the module may lie: beside the program, and in the library folder of an installation.
std::vector<std::filesystem::path> module_paths() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  const auto folder = program.parent_path();
  return {folder / kModuleName, folder.parent_path() / "lib" / "sotto" / kModuleName};
}

std::vector<DeviceInfo> unusable(std::string reason) {
  DeviceInfo device;
  device.name = "NVIDIA GPU";
  device.kind = "cuda";
  device.reason = std::move(reason);
  return {device};
}

/// The text of a fixed-size field that a foreign library filled: never read past its end.
template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return std::string(field, std::string_view(field, N).find('\0') == std::string_view::npos
                                ? N
                                : std::string_view(field, N).find('\0'));
}

}  // namespace

std::vector<DeviceInfo> cuda_devices() {
  // The module stays open: the CUDA runtime inside it registers handlers at exit that must still find their code.
  static void* const module = [] {
    void* opened = nullptr;
    for (const auto& path : module_paths()) {
      std::error_code error;
      if (!opened && std::filesystem::exists(path, error)) opened = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    }
    return opened;
  }();
  if (!module) return unusable("this build has no CUDA module (it is built where nvcc is installed)");

  const auto list = reinterpret_cast<SottoCudaListDevices*>(dlsym(module, SOTTO_CUDA_LIST_DEVICES));
  const auto version = reinterpret_cast<SottoCudaAbiVersion*>(dlsym(module, SOTTO_CUDA_ABI_VERSION_SYMBOL));
  if (!list || !version || version() != SOTTO_CUDA_ABI_VERSION) {
    return unusable("the CUDA module beside the program belongs to another version of Sotto; reinstall it");
  }

  std::array<SottoCudaDevice, 16> found{};
  char reason[256] = {};
  const int count = list(found.data(), static_cast<int>(found.size()), reason, static_cast<int>(sizeof reason));
  if (count <= 0) return unusable(text_of(reason));

  std::vector<DeviceInfo> devices;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count) && i < found.size(); ++i) {
    DeviceInfo device;
    device.name = text_of(found[i].name);
    device.kind = "cuda";
    device.memory_total = found[i].memory_total;
    device.memory_free = found[i].memory_free;
    device.usable = false;
    const std::string fault = text_of(found[i].reason);
    device.reason = !fault.empty() ? fault : "models run on the CPU in this version of Sotto";
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace engine
