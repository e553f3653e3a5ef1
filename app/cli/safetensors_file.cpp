#include "app/cli/safetensors_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "app/cli/json_io.h"
#include "engine/base/error.h"

namespace app::cli {

static_assert(std::endian::native == std::endian::little,
              "safetensors is little-endian, and so is every machine we build for");

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path, const std::vector<Entry>& entries)
    : path_(path), unfinished_(path.string() + ".unfinished-" + std::to_string(getpid())) {
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

  file_ = open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file_ < 0) fail("cannot be written");
  writeAt(0, &length, sizeof length);
  writeAt(sizeof length, text.data(), text.size());
  if (ftruncate(file_, static_cast<off_t>(sizeof length + length + end)) != 0) fail("cannot be written");
}

SafetensorsFile::~SafetensorsFile() {
  if (file_ < 0) return;
  close(file_);
  unlink(unfinished_.c_str());
}

void SafetensorsFile::write(const std::string& name, std::int64_t first, std::span<const float> values) {
  writeAt(offsets_.at(name) + static_cast<std::uint64_t>(first) * sizeof(float), values.data(), values.size_bytes());
}

void SafetensorsFile::commit() {
  const int file = file_;
  file_ = -1;
  const bool written = close(file) == 0;
  if (!written || rename(unfinished_.c_str(), path_.c_str()) != 0) {
    const int why = errno;
    unlink(unfinished_.c_str());
    errno = why;
    fail("cannot be written");
  }
}

void SafetensorsFile::fail(const char* what) const {
  const std::string reason = std::system_category().message(errno);
  if (file_ >= 0) unlink(unfinished_.c_str());
  throw engine::Error(engine::ErrorCode::FileNotFound, path_.string() + ": " + what + ": " + reason + ".");
}

void SafetensorsFile::writeAt(std::uint64_t offset, const void* bytes, std::size_t count) {
  const char* from = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = pwrite(file_, from, count, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("cannot be written");
    from += written;
    offset += static_cast<std::uint64_t>(written);
    count -= static_cast<std::size_t>(written);
  }
}

}  // namespace app::cli
