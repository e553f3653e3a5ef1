#include "engine/base/file_view.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <limits>
#include <utility>

#include "engine/base/utf8.h"

namespace engine {

static_assert(std::endian::native == std::endian::little, "file formats are read in place, as little-endian");

namespace {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void cannot_read(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ErrorCode::FileNotFound, "Cannot read " + in_quotes(path.string(), 400) + ": " + reason + ".");
}

std::size_t size_of_regular(int fd, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) cannot_read(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    cannot_read(path, S_ISDIR(status.st_mode) ? "it is a folder" : "it is not a regular file");
  return static_cast<std::size_t>(status.st_size);
}

int open_for_reading(const std::filesystem::path& path) {
  // O_NONBLOCK: a pipe in place of a file must not make us wait before its kind is known.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) cannot_read(path, std::strerror(errno));
  return fd;
}

/// The pages that lie wholly within `bytes`, as the system is told about them.
std::span<std::byte> whole_pages(std::span<const std::byte> bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(bytes.data() + bytes.size()) / page * page;
  if (begin >= end) return {};
  return {reinterpret_cast<std::byte*>(begin), static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string shown_name(const std::filesystem::path& path) {
  const auto folder = path.parent_path().filename();
  std::string name = folder.empty() ? path.filename().string() : (folder / path.filename()).string();
  std::string text = in_quotes(name, 200);
  return text.substr(1, text.size() - 2);
}

FileView FileView::open(const std::filesystem::path& path) {
  const Descriptor fd(open_for_reading(path));
  FileView view;
  view.path_ = path;
  const std::size_t size = size_of_regular(fd.get(), path);
  if (size == 0) return view;  // an empty file cannot be mapped, and needs no map
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) {
    throw Error(ErrorCode::OutOfMemory, "Cannot map " + in_quotes(path.string(), 400) + " (" + std::to_string(size) +
                                            " bytes): " + std::strerror(errno) + ".");
  }
  view.data_ = static_cast<const std::byte*>(address);
  view.size_ = size;
  view.watch_ = CutWatch(view.data_, size);
  if (size_of_regular(fd.get(), path) < size) cannot_read(path, "it became shorter while it was being opened");
  return view;
}

FileView::~FileView() {
  watch_ = CutWatch();
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

FileView::FileView(FileView&& other) noexcept
    : path_(std::move(other.path_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
      watch_(std::move(other.watch_)) {}

FileView& FileView::operator=(FileView&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(watch_, other.watch_);
  return *this;
}

void release_pages(std::span<const std::byte> bytes) {
  if (const std::span<std::byte> pages = whole_pages(bytes); !pages.empty()) ::madvise(pages.data(), pages.size(), MADV_DONTNEED);
}

void prefer_huge_pages(std::span<const std::byte> bytes) {
#ifdef MADV_HUGEPAGE
  if (const std::span<std::byte> pages = whole_pages(bytes); !pages.empty()) ::madvise(pages.data(), pages.size(), MADV_HUGEPAGE);
#endif
}

void request_pages(std::span<const std::byte> bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data()) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(bytes.data() + bytes.size());
  // Of one call Linux takes no more than the device's largest transfer or its readahead, and leaves the rest.
  constexpr std::uintptr_t kPiece = 128 * 1024;
  for (std::uintptr_t at = begin; at < end; at += kPiece) {
    ::madvise(reinterpret_cast<void*>(at), std::min(kPiece, end - at), MADV_WILLNEED);
  }
}

std::string read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const Descriptor fd(open_for_reading(path));
  const std::size_t size = size_of_regular(fd.get(), path);
  if (size > max_bytes) {
    throw Error(ErrorCode::CorruptFile, shown_name(path) + " has " + std::to_string(size) + " bytes, more than the " +
                                            std::to_string(max_bytes) + " that such a file can have.");
  }
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(fd.get(), bytes.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot_read(path, std::strerror(errno));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

std::span<const std::byte> ByteCursor::take(std::uint64_t count, std::string_view what) {
  if (count > remaining()) {
    throw Error(ErrorCode::CorruptFile, name_ + " is cut short or damaged: " + std::string(what) + " needs " +
                                            std::to_string(count) + " bytes at position " + std::to_string(position_) +
                                            ", " + std::to_string(remaining()) + " are left.");
  }
  const auto result = bytes_.subspan(position_, static_cast<std::size_t>(count));
  position_ += static_cast<std::size_t>(count);
  return result;
}

std::string_view ByteCursor::take_text(std::uint64_t count, std::string_view what) {
  const auto bytes = take(count, what);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace engine
