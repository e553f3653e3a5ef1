#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/base/cut_files.h"
#include "engine/base/error.h"

namespace engine {

/// A file's name as error sentences say it: the last folder and the file ("my-model/config.json").
std::string shown_name(const std::filesystem::path& path);

/// A regular file mapped read-only, shared with the page cache. The bytes live as long as the view. Immutable; any
/// thread.
class FileView {
 public:
  /// Throws Error: FileNotFound (absent, not readable, not a regular file), OutOfMemory (no address space for the map).
  static FileView open(const std::filesystem::path& path);

  ~FileView();
  FileView(FileView&& other) noexcept;
  FileView& operator=(FileView&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }
  /// The file became shorter after it was opened, and bytes past its end were read: they are zeros now.
  bool was_cut() const { return watch_.was_cut(); }

 private:
  FileView() = default;
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  CutWatch watch_;
};

/// Takes the whole pages within `bytes` of a FileView out of this program's memory: they were read and are not needed
/// soon. Reading them again is sound and costs a page fault. Any thread.
void release_pages(std::span<const std::byte> bytes);

/// Says that all of `bytes`, of a FileView or of other memory that is not touched yet, will be read over and over. What is
/// not in memory yet then comes in huge pages, a file's where its file system has them (ext4 from Linux 6.16 on, XFS): a
/// decoding step that reads gigabytes is up to a quarter faster without the walks through page tables. Not for files that
/// do not fit the memory. Any thread.
void prefer_huge_pages(std::span<const std::byte> bytes);

/// Asks the disk for what is not in memory of `bytes` of a FileView, all at once and without waiting for it. Reading them
/// then waits for what is still on its way. Costs some microseconds for each megabyte, also of what is there. Any thread.
void request_pages(std::span<const std::byte> bytes);

/// All bytes of a regular file of at most `max_bytes`, copied. For small files whose content is parsed at once.
/// Throws Error: FileNotFound as FileView does, CorruptFile when it is larger.
std::string read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Reads forward through bytes that are not trusted: every step checks what is left, nothing is ever read past the end.
/// `name` is what the error sentences call the source ("my-model/model.safetensors").
class ByteCursor {
 public:
  ByteCursor(std::span<const std::byte> bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  std::size_t position() const { return position_; }
  std::size_t remaining() const { return bytes_.size() - position_; }

  /// The next `count` bytes. `what` names them in the sentence. Throws Error(CorruptFile) when fewer are left.
  std::span<const std::byte> take(std::uint64_t count, std::string_view what);

  /// The next bytes as text, not checked for UTF-8.
  std::string_view take_text(std::uint64_t count, std::string_view what);

  /// A little-endian number, not necessarily aligned.
  template <typename T>
  requires std::is_arithmetic_v<T> T read(std::string_view what) {
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  std::string name_;
};

}  // namespace engine
