#include "engine/kv_cache/snapshot_file.h"

#include <array>
#include <cstring>
#include <string>

#include "engine/base/checksum.h"
#include "engine/base/error.h"

namespace engine {

namespace {

constexpr std::array<char, 8> kMagic = {'S', 'o', 't', 't', 'o', 'K', 'V', '\0'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kFixedBytes = 80, kSumOffset = 72, kAlignment = 4096;
constexpr std::uint64_t kMaxTokens = std::uint64_t{1} << 31;  // sizes of everything below stay far from 2^64

std::uint32_t type_code(KvType type) {
  switch (type) {
    case KvType::F32: return 1;
    case KvType::F16: return 2;
    case KvType::BF16: return 3;
    case KvType::Q8_0: return 4;
    case KvType::Auto: break;
  }
  return 0;
}

std::uint64_t pages_of(std::uint64_t tokens) {
  constexpr auto kPage = static_cast<std::uint64_t>(KvCache::kPageTokens);
  return (tokens + kPage - 1) / kPage;
}

template <typename T>
void put(std::vector<std::byte>& bytes, std::uint64_t& at, const T& value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  at += sizeof value;
}

template <typename T>
std::vector<T> take_list(ByteCursor& cursor, std::uint64_t count, std::string_view what) {
  const auto bytes = cursor.take(count * sizeof(T), what);
  std::vector<T> values(static_cast<std::size_t>(count));
  if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace

bool is_snapshot(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

std::uint64_t snapshot_pages_offset(std::uint64_t tokens) {
  const std::uint64_t bytes = kFixedBytes + tokens * sizeof(std::int32_t) + pages_of(tokens) * sizeof(std::uint64_t);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

std::vector<std::byte> write_snapshot_header(const SnapshotHeader& header) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(snapshot_pages_offset(header.ids.size())));
  std::uint64_t at = 0;
  put(bytes, at, kMagic);
  put(bytes, at, kVersion);
  put(bytes, at, type_code(header.geometry.type));
  for (const std::int64_t number : {header.geometry.num_layers, header.geometry.num_kv_heads, header.geometry.head_dim,
                                    KvCache::kPageTokens, static_cast<std::int64_t>(header.ids.size())}) {
    put(bytes, at, number);
  }
  put(bytes, at, header.fingerprint);
  at += sizeof(std::uint64_t);  // the checksum, zero while it is taken
  std::memcpy(bytes.data() + at, header.ids.data(), header.ids.size() * sizeof(std::int32_t));
  at += header.ids.size() * sizeof(std::int32_t);
  std::memcpy(bytes.data() + at, header.sums.data(), header.sums.size() * sizeof(std::uint64_t));
  at = kSumOffset;
  put(bytes, at, checksum(bytes));
  return bytes;
}

SnapshotHeader read_snapshot_header(const FileView& file, const KvGeometry& geometry, const Fingerprint& fingerprint) {
  const std::string name = shown_name(file.path());
  const auto refuse = [&name](ErrorCode code, const std::string& why) {
    throw Error(code, "The saved session " + name + " is not used, and the chat is read again: " + why);
  };
  if (file.bytes().size() < kFixedBytes) {
    refuse(ErrorCode::CorruptFile, "it has " + std::to_string(file.bytes().size()) + " bytes, fewer than its header.");
  }
  // Copies, here and below, so that what is checked is what is used, whoever writes to the file meanwhile.
  std::array<std::byte, kFixedBytes> fixed;
  std::memcpy(fixed.data(), file.bytes().data(), kFixedBytes);
  ByteCursor cursor(fixed, name);
  if (!is_snapshot(cursor.take(kMagic.size(), "the magic"))) {
    refuse(ErrorCode::CorruptFile, "it does not begin as a saved session does.");
  }
  if (const auto version = cursor.read<std::uint32_t>("version"); version != kVersion) {
    refuse(ErrorCode::InvalidRequest, "it has version " + std::to_string(version) + ", this program writes and reads " +
                                          std::to_string(kVersion) + ".");
  }
  const auto type = cursor.read<std::uint32_t>("type");
  std::array<std::uint64_t, 4> numbers;
  for (std::uint64_t& number : numbers) number = cursor.read<std::uint64_t>("the geometry");
  const auto tokens = cursor.read<std::uint64_t>("the number of tokens");
  SnapshotHeader header;
  for (std::uint64_t& half : header.fingerprint) half = cursor.read<std::uint64_t>("fingerprint");
  const auto sum = cursor.read<std::uint64_t>("checksum");

  if (tokens == 0 || tokens > kMaxTokens || file.bytes().size() < snapshot_pages_offset(tokens)) {
    refuse(ErrorCode::CorruptFile, "it is damaged or cut short: it names " + std::to_string(tokens) + " tokens and has " +
                                       std::to_string(file.bytes().size()) + " bytes.");
  }
  const auto mapped = file.bytes().first(static_cast<std::size_t>(snapshot_pages_offset(tokens)));
  std::vector<std::byte> bytes(mapped.begin(), mapped.end());
  std::memcpy(bytes.data(), fixed.data(), kFixedBytes);
  std::memset(bytes.data() + kSumOffset, 0, sizeof sum);
  if (checksum(bytes) != sum) refuse(ErrorCode::CorruptFile, "its header is damaged (the checksum is another).");

  const std::array<std::uint64_t, 4> expected = {
      static_cast<std::uint64_t>(geometry.num_layers), static_cast<std::uint64_t>(geometry.num_kv_heads),
      static_cast<std::uint64_t>(geometry.head_dim), static_cast<std::uint64_t>(KvCache::kPageTokens)};
  if (type != type_code(geometry.type) || numbers != expected || header.fingerprint != fingerprint) {
    refuse(ErrorCode::InvalidRequest, "it was written with another model or other options than those in use.");
  }
  header.geometry = geometry;
  ByteCursor lists(std::span<const std::byte>(bytes).subspan(kFixedBytes), name);
  header.ids = take_list<std::int32_t>(lists, tokens, "the token ids");
  header.sums = take_list<std::uint64_t>(lists, pages_of(tokens), "the checksums of the pages");

  const std::uint64_t page_bytes = geometry.bytes_per_token() * static_cast<std::uint64_t>(KvCache::kPageTokens);
  const std::uint64_t page_room = file.bytes().size() - snapshot_pages_offset(tokens);
  if (page_room % page_bytes != 0 || page_room / page_bytes != pages_of(tokens)) {
    refuse(ErrorCode::CorruptFile, "it is cut short or too long: " + std::to_string(pages_of(tokens)) + " pages of " +
                                       std::to_string(page_bytes) + " bytes were expected behind its header, " +
                                       std::to_string(page_room) + " bytes are there.");
  }
  return header;
}

}  // namespace engine
