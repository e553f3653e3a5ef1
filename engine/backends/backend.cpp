#include "engine/backends/backend.h"

#include <cstring>
#include <optional>

#include "engine/backends/cpu/cpu_backend.h"
#include "engine/backends/cpu/cpu_cores.h"
#include "engine/backends/cuda_module.h"
#include "engine/base/error.h"

namespace engine {

namespace {

/// Why Auto does not take a card that could be used, and the list does not offer it: nobody has run models on one with
/// this version. Whoever asks for it by name gets it.
constexpr const char* kNotChecked =
    "the CUDA backend of this version has not been checked on a card yet; sotto-cli --device cuda tries it";

/// The number of the first card that can be used; nothing, with the reason in words, where none can.
std::optional<int> usable_card(std::string& why_not) {
  int number = 0;
  for (const DeviceInfo& device : cuda_devices()) {
    if (device.usable) return number;
    if (why_not.empty()) why_not = device.reason;
    ++number;
  }
  return std::nullopt;
}

}  // namespace

void KvPool::clear_rows(std::span<std::byte> page, std::int64_t used) const {
  const std::size_t rows = static_cast<std::size_t>(page_tokens), kept = static_cast<std::size_t>(used);
  const std::size_t heads = static_cast<std::size_t>(num_kv_heads), dim = static_cast<std::size_t>(head_dim);
  for (std::size_t number = 0; number * block_bytes() < page.size(); ++number) {
    const std::span<std::byte> rows_of_head = page.subspan(number * block_bytes(), block_bytes());
    const auto clear = [&](std::size_t from, std::size_t bytes) { std::memset(rows_of_head.data() + from, 0, bytes); };
    if (!is_paired(dtype)) {
      clear(kept * row_bytes(), (rows - kept) * row_bytes());
      continue;
    }
    const std::size_t element = size_of(dtype), pair = 2 * element;
    if (number / heads % 2 == 0) {  // keys
      for (std::size_t at = kept * pair; at < block_bytes(); at += rows * pair) clear(at, (rows - kept) * pair);
    } else {
      for (std::size_t d = 0; kept % 2 != 0 && d < dim; ++d) clear((kept / 2 * dim + d) * pair + element, element);
      const std::size_t behind = (kept + 1) / 2 * dim * pair;
      clear(behind, block_bytes() - behind);
    }
  }
}

std::unique_ptr<Backend> create_backend(const EngineOptions& options) {
  std::string reason = "chosen in the options";
  if (options.device != DeviceChoice::Cpu) {
    std::string why_not;
    const std::optional<int> card = usable_card(why_not);
    if (options.device == DeviceChoice::Cuda) {
      if (card) return create_cuda_backend(options, *card, reason);
      throw Error(ErrorCode::DeviceFailure, "The model cannot run on an NVIDIA card: " + why_not);
    }
    reason = card ? kNotChecked : "no NVIDIA card can be used: " + why_not;
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
  for (DeviceInfo& device : cuda_devices()) {
    if (device.usable) device.reason = kNotChecked;
    device.usable = false;
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace engine
