#include "app/cli/safetensors_file.h"

#include <bit>

#include "app/cli/json_io.h"

namespace app::cli {

static_assert(std::endian::native == std::endian::little,
              "safetensors is little-endian, and so is every machine we build for");

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path, const std::vector<Entry>& entries) : file_(path) {
  Json header = Json::object();
  std::uint64_t end = 0;
  for (const Entry& entry : entries) {
    std::uint64_t bytes = sizeof(float);
    for (const std::int64_t dim : entry.shape) bytes *= static_cast<std::uint64_t>(dim);
    header[entry.name] = {{"dtype", "F32"}, {"shape", entry.shape}, {"data_offsets", {end, end + bytes}}};
    offsets_[entry.name] = end;
    end += bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // keeps the data aligned
  const std::uint64_t length = text.size();
  for (auto& [name, offset] : offsets_) offset += sizeof length + length;

  file_.reserve(sizeof length + length + end);
  file_.write_at(0, std::as_bytes(std::span(&length, 1)));
  file_.write_at(sizeof length, std::as_bytes(std::span(text)));
}

void SafetensorsFile::write(const std::string& name, std::int64_t first, std::span<const float> values) {
  file_.write_at(offsets_.at(name) + static_cast<std::uint64_t>(first) * sizeof(float), std::as_bytes(values));
}

}  // namespace app::cli
