// libFuzzer over a saved session: the file of a chat's cached keys and values, read back into the cache. The first byte
// says how the file is made of the rest, the others are what it begins with. Checksums guard against accidents only, so
// what hides behind a right one is reached as well. An engine::Error or a reason is a right answer; pages that are not
// the file's, a crash or a hang is not.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/kv_cache/snapshot.h"
#include "engine/kv_cache/snapshot_file.h"

namespace {

using namespace engine;
using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kSession = 7, kOther = 8;
constexpr Fingerprint kModel = {0x1234, 0x5678};
const KvGeometry kGeometry{1, 1, 32, KvType::Q8_0};
constexpr std::int64_t kCapacity = 4 * KvCache::kPageTokens;
// Where the header has them (snapshot_file.h).
constexpr std::size_t kFixedBytes = 80, kTokensAt = 48, kSumAt = 72;

/// What the first byte asks for.
enum : std::uint8_t {
  kOwnHead = 1,   ///< magic, version, geometry and fingerprint are this program's
  kWhole = 2,     ///< as long as its number of tokens makes it
  kSums = 4,      ///< the checksums are right
  kStarted = 8,   ///< the session has tokens already: those of the file, or others
  kCrowded = 16,  ///< another session wants room after each page
  kCut = 32,      ///< the file becomes shorter while it is read
  kDamaged = 64,  ///< the last page is not what its checksum is of
  kAltered = kWhole | kSums | kDamaged,
};

void require(bool holds) {
  if (!holds) __builtin_trap();
}

std::uint64_t tokens_of(const Bytes& file) {
  std::uint64_t tokens = 0;
  std::memcpy(&tokens, file.data() + kTokensAt, sizeof tokens);
  return tokens;
}

Bytes file_of(std::uint8_t how, std::span<const std::byte> begin, std::uint64_t page_bytes) {
  Bytes file(begin.begin(), begin.end());
  if (file.size() < kFixedBytes) return file;
  if ((how & kOwnHead) != 0) {
    const Bytes own = write_snapshot_header({kGeometry, kModel, {1}, {0}});
    std::memcpy(file.data(), own.data(), kTokensAt);
    std::memcpy(file.data() + kTokensAt + 8, own.data() + kTokensAt + 8, kSumAt - kTokensAt - 8);
  }
  const std::uint64_t tokens = tokens_of(file);
  if ((how & kWhole) == 0 || tokens > 2 * kCapacity) return file;
  const auto pages = (tokens + KvCache::kPageTokens - 1) / KvCache::kPageTokens;
  const auto offset = snapshot_pages_offset(tokens);
  file.resize(offset + pages * page_bytes);
  for (std::uint64_t i = 0; i < pages * page_bytes; ++i) file[offset + i] = static_cast<std::byte>(i * 7 % 251);
  if ((how & kSums) == 0) return file;
  for (std::uint64_t i = 0; i < pages; ++i) {
    const std::uint64_t sum = checksum(std::span(file).subspan(offset + i * page_bytes, page_bytes));
    std::memcpy(file.data() + kFixedBytes + tokens * sizeof(std::int32_t) + i * sizeof sum, &sum, sizeof sum);
  }
  std::memset(file.data() + kSumAt, 0, sizeof(std::uint64_t));
  const std::uint64_t sum = checksum(std::span(file).first(offset));
  std::memcpy(file.data() + kSumAt, &sum, sizeof sum);
  if ((how & kDamaged) != 0 && pages > 0) file.back() ^= std::byte{1};
  return file;
}

/// A file that is in memory only, with a name that can be opened.
class MemoryFile {
 public:
  explicit MemoryFile(const Bytes& bytes) : fd_(::memfd_create("session", 0)) {
    require(fd_ >= 0 && ::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  void cut(std::size_t bytes) const { require(::ftruncate(fd_, static_cast<off_t>(bytes)) == 0); }

 private:
  int fd_;
};

/// A turn of a session, without the arithmetic. Nothing where there is no room.
void turn(KvCache& cache, std::uint64_t session, std::span<const std::int32_t> ids) {
  const auto opened = cache.open(session, ids);
  if (!opened) return;
  cache.commit(opened->sequence, ids.subspan(static_cast<std::size_t>(opened->cached)));
  cache.close(opened->sequence);
}

/// What the cache keeps of the session is what the file says, as far as it was read from there.
void check_kept(KvCache& cache, const Bytes& file, std::size_t first_page, std::int64_t tokens) {
  const auto kept = cache.kept(kSession);
  require(kept.tokens.size() == first_page * KvCache::kPageTokens + static_cast<std::size_t>(tokens));
  require(kept.tokens.size() <= kCapacity);
  require(std::memcmp(kept.tokens.data(), file.data() + kFixedBytes, kept.tokens.size_bytes()) == 0);
  const KvPool pool = cache.pool();
  Bytes page(pool.page_bytes());
  for (std::size_t i = first_page; i < kept.pages.size(); ++i) {
    pool.copy_out(kept.pages[i], page.data());
    const auto stored = std::span(file).subspan(snapshot_pages_offset(tokens_of(file)) + i * page.size(), page.size());
    require(std::equal(page.begin(), page.end(), stored.begin()));
  }
}

void read_session(std::uint8_t how, std::span<const std::byte> begin) {
  KvCache cache(kGeometry, kCapacity);
  const Bytes file = file_of(how, begin, cache.pool().page_bytes());
  if ((how & kStarted) != 0 && file.size() >= kFixedBytes + 41 * sizeof(std::int32_t)) {
    std::vector<std::int32_t> ids(40);
    std::memcpy(ids.data(), file.data() + kFixedBytes, ids.size() * sizeof ids[0]);
    if ((how & kDamaged) != 0) ids.back() ^= 1;
    turn(cache, kSession, ids);
  }
  const MemoryFile stored(file);
  SnapshotReader reader(cache, kSession, kModel, stored.path());
  const std::size_t first_page = cache.kept(kSession).pages.size();
  if ((how & kCut) != 0) stored.cut(file.size() / 2);
  while (!reader.finished()) {
    const bool more = !reader.step(1);
    if (reader.tokens() > 0 && cache.kept(kSession).tokens.size() ==
                                   first_page * KvCache::kPageTokens + static_cast<std::size_t>(reader.tokens())) {
      check_kept(cache, file, first_page, reader.tokens());
    }
    if ((how & kCrowded) != 0 && more)
      turn(cache, kOther, std::vector<std::int32_t>(70, static_cast<std::int32_t>(reader.tokens())));
  }
  require(is_utf8(reader.reason()));
  if (reader.tokens() > 0 && reader.reason().empty()) {
    // All of it is there: sound, to be found again, and nothing to be read twice.
    require((how & kAltered) != kAltered);
    require(static_cast<std::uint64_t>(cache.kept(kSession).tokens.size()) == tokens_of(file));
    if ((how & kCut) == 0) require(SnapshotReader(cache, kSession, kModel, stored.path()).finished());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  try {
    read_session(bytes[0], std::as_bytes(std::span(bytes + 1, size - 1)));
  } catch (const Error& error) {
    if (!is_utf8(error.what())) __builtin_trap();
  }
  return 0;
}
