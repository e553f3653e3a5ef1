#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace engine {

/// A file that appears under its name only when it is complete: until commit() it is a file beside it
/// ("NAME.unfinished-PID"), which the destructor removes, and what stood under the name stays whole. Written in any
/// order. One thread. All methods throw Error(FileNotFound) with the name and the system's reason.
class OutputFile {
 public:
  /// Refuses a name that is a folder or anything else but a regular file.
  explicit OutputFile(const std::filesystem::path& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Makes the file this long, its bytes zero until written, and keeps room for them on the disk where the file system
  /// can, so that a disk too small is seen before the work begins.
  void reserve(std::uint64_t bytes);
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Lets the system begin to put the written range on the disk, so that memory does not fill with it and commit() does
  /// not take long. Waits for nothing.
  void begin_to_store(std::uint64_t offset, std::uint64_t bytes);
  /// Puts everything on the disk, then gives the file its name, in place of what had it.
  void commit();
  /// The same without waiting for the disk: after a loss of power there may be damage under the name. For what can be
  /// made again, with checksums in it.
  void commit_unsynced();

 private:
  void create();
  void take_name();
  [[noreturn]] void fail(int why) const;

  std::filesystem::path path_, unfinished_;
  int file_ = -1;
};

}  // namespace engine
