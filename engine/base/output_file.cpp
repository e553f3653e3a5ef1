#include "engine/base/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

namespace fs = std::filesystem;

OutputFile::OutputFile(const fs::path& path) : path_(path) {
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) fail(fs::is_directory(status) ? EISDIR : EEXIST);
  create();
}

OutputFile::~OutputFile() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(unfinished_.c_str());
}

// A name that nobody else has: of a program that was killed, an unfinished file may be left under ours.
void OutputFile::create() {
  constexpr int kTries = 100;
  const std::string stem = path_.string() + ".unfinished-" + std::to_string(::getpid());
  for (int i = 0; i < kTries; ++i) {
    unfinished_ = i == 0 ? stem : stem + "-" + std::to_string(i);
    file_ = ::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ >= 0) return;
    if (errno != EEXIST) break;
  }
  fail(errno);
}

void OutputFile::reserve(std::uint64_t bytes) {
  const auto size = static_cast<off_t>(bytes);
  if (size < 0) fail(EFBIG);
  if (::ftruncate(file_, size) != 0) fail(errno);
#if defined(__linux__)
  if (size == 0) return;
  int result = 0;
  do {
    result = ::fallocate(file_, 0, 0, size);
  } while (result != 0 && errno == EINTR);
  // A file system without this shows a full disk when it is written to.
  if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS) fail(errno);
#endif
}

void OutputFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(written < 0 ? errno : EIO);
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void OutputFile::begin_to_store([[maybe_unused]] std::uint64_t offset, [[maybe_unused]] std::uint64_t bytes) {
#if defined(__linux__)
  ::sync_file_range(file_, static_cast<off_t>(offset), static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE);
#endif
}

void OutputFile::commit() {
  if (::fsync(file_) != 0) fail(errno);
  take_name();
  // The new name survives a loss of power too, where folders can be synchronised.
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  if (const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

void OutputFile::commit_unsynced() { take_name(); }

void OutputFile::take_name() {
  const int file = file_;
  file_ = -1;
  int why = ::close(file) == 0 ? 0 : errno;
  if (why == 0 && ::rename(unfinished_.c_str(), path_.c_str()) != 0) why = errno;
  if (why != 0) {
    ::unlink(unfinished_.c_str());
    fail(why);
  }
}

void OutputFile::fail(int why) const {
  std::string reason =
      why == EEXIST ? "it is there already and is no regular file" : std::system_category().message(why);
  if (why == ENOSPC || why == EDQUOT) reason += "; free some space or choose another disk";
  throw Error(ErrorCode::FileNotFound, "Cannot write " + in_quotes(path_.string(), 400) + ": " + reason + ".");
}

}  // namespace engine
