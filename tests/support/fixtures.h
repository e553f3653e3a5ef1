#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tests {

/// A committed fixture: `relative` is below tests/fixtures ("models/ernie4_5-tied").
inline std::filesystem::path fixture(std::string_view relative) {
  return std::filesystem::path(SOTTO_FIXTURES_DIR) / relative;
}

/// The same place in the large corpus beside the repository, or nothing where that corpus (or this part of it) is
/// absent.
inline std::optional<std::filesystem::path> shared_fixture(std::string_view relative) {
  auto path = std::filesystem::path(SOTTO_SHARED_DIR) / "fixtures" / relative;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

/// A committed fixture, or the same of the large corpus where the repository does not have it; whether either is there.
inline std::filesystem::path any_fixture(std::string_view relative) {
  const auto committed = fixture(relative);
  return std::filesystem::exists(committed) ? committed : shared_fixture(relative).value_or(committed);
}
inline bool has_fixture(std::string_view relative) { return std::filesystem::exists(any_fixture(relative)); }

/// All bytes of a file. Throws std::runtime_error where it cannot be read.
inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A folder of this test's own, empty at first, removed at the end. For tests that write files.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sotto-test-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Writes a file below the folder and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view bytes) const {
    auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace tests

/// Declares `name`, the path of `relative` in the large corpus, or reports the test as skipped where it is absent.
#define SHARED_OR_SKIP(name, relative)                                                                   \
  const auto name##_found = tests::shared_fixture(relative);                                             \
  if (!name##_found) GTEST_SKIP() << "not in this checkout: " << SOTTO_SHARED_DIR "/fixtures/" relative; \
  const std::filesystem::path& name = *name##_found
