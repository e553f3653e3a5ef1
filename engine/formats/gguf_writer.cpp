#include "engine/formats/gguf_writer.h"

#include <bit>
#include <cassert>

#include "engine/base/error.h"

namespace engine {

static_assert(std::endian::native == std::endian::little, "GGUF files are written in place, as little-endian");

namespace {

constexpr std::uint32_t kVersion = 3;
constexpr std::uint64_t kAlignment = 32;

template <typename T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_text(std::string& bytes, std::string_view text) {
  append<std::uint64_t>(bytes, text.size());
  bytes += text;
}

template <typename T>
void append_numbers(std::string& bytes, const std::vector<T>& numbers) {
  bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T));
}

[[noreturn]] void too_large() {
  throw Error(ErrorCode::InvalidRequest, "The tensors of this model are too large for a file.");
}

std::uint64_t aligned(std::uint64_t offset) {
  if (__builtin_add_overflow(offset, kAlignment - 1, &offset)) too_large();
  return offset / kAlignment * kAlignment;
}

}  // namespace

void GgufKeys::begin(std::string_view key, GgufType type) {
  [[maybe_unused]] const bool is_new = keys_.emplace(key).second;
  assert(is_new);
  append_text(bytes_, key);
  append(bytes_, static_cast<std::uint32_t>(type));
}

void GgufKeys::begin_array(std::string_view key, GgufType element, std::size_t count) {
  begin(key, GgufType::Array);
  append(bytes_, static_cast<std::uint32_t>(element));
  append<std::uint64_t>(bytes_, count);
}

void GgufKeys::add(std::string_view key, std::string_view text) {
  begin(key, GgufType::String);
  append_text(bytes_, text);
}

void GgufKeys::add(std::string_view key, bool value) {
  begin(key, GgufType::Bool);
  append<std::uint8_t>(bytes_, value ? 1 : 0);
}

void GgufKeys::add(std::string_view key, std::uint32_t number) {
  begin(key, GgufType::U32);
  append(bytes_, number);
}

void GgufKeys::add(std::string_view key, float number) {
  begin(key, GgufType::F32);
  append(bytes_, number);
}

void GgufKeys::add(std::string_view key, const std::vector<std::string>& texts) {
  begin_array(key, GgufType::String, texts.size());
  for (const std::string& text : texts) append_text(bytes_, text);
}

void GgufKeys::add(std::string_view key, const std::vector<float>& numbers) {
  begin_array(key, GgufType::F32, numbers.size());
  append_numbers(bytes_, numbers);
}

void GgufKeys::add(std::string_view key, const std::vector<std::int32_t>& numbers) {
  begin_array(key, GgufType::I32, numbers.size());
  append_numbers(bytes_, numbers);
}

void GgufKeys::add_bytes(std::string_view key, std::string_view bytes) {
  begin_array(key, GgufType::U8, bytes.size());
  bytes_ += bytes;
}

void GgufKeys::add(std::string_view key, const GgufValue& value) {
  if (value.type() == GgufType::Array) {
    begin_array(key, value.element_type(), value.count());
  } else {
    begin(key, value.type());
    if (value.type() == GgufType::String) append<std::uint64_t>(bytes_, value.bytes().size());
  }
  bytes_.append(reinterpret_cast<const char*>(value.bytes().data()), value.bytes().size());
}

GgufLayout lay_out_gguf(const GgufKeys& keys, std::span<const GgufTensor> tensors) {
  GgufLayout layout;
  layout.header = "GGUF";
  append(layout.header, kVersion);
  append<std::uint64_t>(layout.header, tensors.size());
  append<std::uint64_t>(layout.header, keys.count());
  layout.header += keys.bytes();
  std::uint64_t end = 0;  // of the tensors so far, from where the first one begins
  for (const GgufTensor& tensor : tensors) {
    assert(!tensor.shape.empty() && tensor.shape.size() <= 4);
    append_text(layout.header, tensor.name);
    append(layout.header, static_cast<std::uint32_t>(tensor.shape.size()));
    for (auto dim = tensor.shape.rbegin(); dim != tensor.shape.rend(); ++dim) {
      append(layout.header, static_cast<std::uint64_t>(*dim));
    }
    append(layout.header, gguf_type_number(tensor.dtype));
    const std::uint64_t offset = aligned(end);
    append(layout.header, offset);
    layout.offsets.push_back(offset);
    const auto bytes = bytes_of_shape(tensor.dtype, tensor.shape);
    if (!bytes || __builtin_add_overflow(offset, *bytes, &end)) too_large();
  }
  layout.header.resize(aligned(layout.header.size()));
  for (std::uint64_t& offset : layout.offsets) {
    if (__builtin_add_overflow(offset, layout.header.size(), &offset)) too_large();
  }
  // Readers want the padding behind the last tensor too.
  if (__builtin_add_overflow(aligned(end), layout.header.size(), &layout.file_bytes)) too_large();
  return layout;
}

}  // namespace engine
