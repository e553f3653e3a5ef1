#include "engine/backends/cuda_module.h"

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/backends/cuda/module_api.h"
#include "engine/base/error.h"

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

/// The module as far as it could be opened.
struct Module {
  SottoCudaListDevices* list = nullptr;
  SottoCudaCreateBackend* create = nullptr;
  std::string reason;  ///< why `list` or `create` is missing
};

/// Opened once; it stays open: the CUDA runtime inside it registers handlers at exit that must still find their code, and
/// tensors carry functions of it.
const Module& module() {
  static const Module opened = [] {
    Module found;
    void* handle = nullptr;
    found.reason = "this build has no CUDA module (it is built where nvcc is installed)";
    for (const auto& path : module_paths()) {
      std::error_code error;
      if (handle != nullptr || !std::filesystem::exists(path, error)) continue;
      handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (handle == nullptr) {
        const char* const fault = dlerror();
        found.reason = std::string("the CUDA module could not be opened: ") + (fault != nullptr ? fault : "no reason was given");
      }
    }
    if (handle == nullptr) return found;
    const auto version = reinterpret_cast<SottoCudaAbiVersion*>(dlsym(handle, SOTTO_CUDA_ABI_VERSION_SYMBOL));
    const auto compiler = reinterpret_cast<SottoCudaCompiler*>(dlsym(handle, SOTTO_CUDA_COMPILER_SYMBOL));
    const auto list = reinterpret_cast<SottoCudaListDevices*>(dlsym(handle, SOTTO_CUDA_LIST_DEVICES));
    const auto create = reinterpret_cast<SottoCudaCreateBackend*>(dlsym(handle, SOTTO_CUDA_CREATE_BACKEND));
    found.reason = "the CUDA module beside the program belongs to another version of Sotto; reinstall it";
    if (!version || !compiler || !list || !create || version() != SOTTO_CUDA_ABI_VERSION) return found;
    found.list = list;
    if (std::string_view(compiler()) != __VERSION__) {
      found.reason = std::string("the CUDA module was built by another compiler (") + compiler() + ") than the program (" +
                     __VERSION__ + "); build both with one";
      return found;
    }
    found.create = create;
    found.reason.clear();
    return found;
  }();
  return opened;
}

constexpr std::int32_t kLeastCapability = 75;

/// Why a card that answered is not used; empty: it is.
std::string fault_of(const SottoCudaDevice& card) {
  if (const std::string fault = text_of(card.reason); !fault.empty()) return fault;
  if (card.compute_capability < kLeastCapability) {
    return "its compute capability is " + std::to_string(card.compute_capability / 10) + "." +
           std::to_string(card.compute_capability % 10) + ", at least 7.5 is needed";
  }
  return module().reason;
}

}  // namespace

std::vector<DeviceInfo> cuda_devices() {
  if (module().list == nullptr) return unusable(module().reason);
  std::array<SottoCudaDevice, 16> found{};
  char reason[256] = {};
  const int count = module().list(found.data(), static_cast<int>(found.size()), reason, static_cast<int>(sizeof reason));
  if (count <= 0) return unusable(text_of(reason));

  std::vector<DeviceInfo> devices;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count) && i < found.size(); ++i) {
    DeviceInfo device;
    device.name = text_of(found[i].name);
    device.kind = "cuda";
    device.memory_total = found[i].memory_total;
    device.memory_free = found[i].memory_free;
    device.reason = fault_of(found[i]);
    device.usable = device.reason.empty();
    devices.push_back(std::move(device));
  }
  return devices;
}

std::unique_ptr<Backend> create_cuda_backend(const EngineOptions& options, int device, const std::string& chosen) {
  char reason[1024] = {};
  Backend* const made = module().create != nullptr
                            ? module().create(&options, device, chosen.c_str(), reason, static_cast<int>(sizeof reason))
                            : nullptr;
  if (made == nullptr) {
    throw Error(ErrorCode::DeviceFailure,
                "The model cannot run on the NVIDIA card: " + (module().create != nullptr ? text_of(reason) : module().reason));
  }
  return std::unique_ptr<Backend>(made);
}

}  // namespace engine
