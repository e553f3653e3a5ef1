#include "engine/formats/safetensors.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/tensor/tensor.h"

namespace engine {

namespace {

// The reference reader's own limit.
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
// No tensor of a model has more dimensions; the format itself sets no bound.
constexpr std::size_t kMaxDimensions = 8;

constexpr std::array kDTypes = {DType::F32, DType::F16, DType::BF16, DType::F64,     DType::I64,
                                DType::I32, DType::U8,  DType::F8_E4M3, DType::F8_E5M2};
// Types that the format knows and this engine does not read.
constexpr std::array<std::string_view, 15> kOtherDTypes = {
    "BOOL",      "I8",          "I16",         "U16",     "U32",     "U64", "F8_E8M0",
    "F8_E4M3FN", "F8_E5M2FNUZ", "F8_E4M3FNUZ", "F6_E2M3", "F6_E3M2", "F4",  "C64", "U4"};

DType dtype_of(const Json& value) {
  const std::string& name = value.as_string();
  for (const DType dtype : kDTypes) {
    if (name == name_of(dtype)) return dtype;
  }
  if (std::find(kOtherDTypes.begin(), kOtherDTypes.end(), name) != kOtherDTypes.end()) {
    throw Error(ErrorCode::UnsupportedModel,
                value.where() + " is " + name +
                    ", an element type that this version does not read; get the same model in bf16, or as a GGUF file.");
  }
  value.refuse("an element type (F32, F16, BF16, F64, F8_E4M3, F8_E5M2, I64, I32, U8)");
}

struct Range {
  std::uint64_t begin, end;
  std::string name;
};

TensorView parse_entry(const std::string& name, const Json& entry, std::span<const std::byte> data) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  TensorView tensor;
  tensor.name = name;
  tensor.dtype = dtype_of(entry.at("dtype"));
  const Json shape = entry.at("shape");
  for (const Json& dim : shape.elements()) tensor.shape.push_back(dim.as_integer(0, kMax));
  if (tensor.shape.size() > kMaxDimensions) shape.refuse("at most " + std::to_string(kMaxDimensions) + " dimensions");

  const Json offsets = entry.at("data_offsets");
  const auto pair = offsets.elements();
  if (pair.size() != 2) offsets.refuse("two offsets");
  const auto begin = static_cast<std::uint64_t>(pair[0].as_integer(0, kMax));
  const auto end = static_cast<std::uint64_t>(pair[1].as_integer(0, kMax));
  if (begin > end || end > data.size()) {
    throw Error(ErrorCode::CorruptFile, offsets.where() + " runs from " + std::to_string(begin) + " to " +
                                            std::to_string(end) + ", outside the " + std::to_string(data.size()) +
                                            " bytes of data; the file is cut short or damaged.");
  }
  const auto expected = bytes_of_shape(tensor.dtype, tensor.shape);
  if (!expected || *expected != end - begin) {
    throw Error(ErrorCode::CorruptFile, entry.where() + ": the shape asks for " +
                                            (expected ? std::to_string(*expected) : "more than 2^64") +
                                            " bytes, the offsets give " + std::to_string(end - begin) + ".");
  }
  tensor.bytes = data.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  return tensor;
}

void check_metadata(const Json& metadata) {
  for (const auto& [key, value] : metadata.members()) value.as_string();
}

// The byte ranges must cover the data exactly: whatever belongs to no tensor, or to two, is damage or smuggling.
void check_cover(std::vector<Range> ranges, std::size_t data_bytes, const std::string& name) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::uint64_t covered = 0;
  for (const Range& range : ranges) {
    if (range.begin != covered) {
      throw Error(ErrorCode::CorruptFile, name + " is damaged: tensor " + in_quotes(range.name) + " begins at byte " +
                                              std::to_string(range.begin) + " of the data, expected " +
                                              std::to_string(covered) + ".");
    }
    covered = range.end;
  }
  if (covered != data_bytes) {
    throw Error(ErrorCode::CorruptFile, name + " is damaged: its tensors end at byte " + std::to_string(covered) +
                                            " of the data, which has " + std::to_string(data_bytes) + ".");
  }
}

// A shard's name comes from a file: only a plain name in the same folder is followed.
bool is_plain_shard_name(const std::string& name) {
  return name.size() > 12 && name.ends_with(".safetensors") && name.front() != '.' &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

}  // namespace

std::map<std::string, TensorView> parse_safetensors(std::span<const std::byte> file, const std::string& name) {
  ByteCursor cursor(file, name);
  const auto header_bytes = cursor.read<std::uint64_t>("the header length");
  if (header_bytes > kMaxHeaderBytes) {
    throw Error(ErrorCode::CorruptFile,
                name + " is not a safetensors file: its header would have " + std::to_string(header_bytes) + " bytes.");
  }
  JsonLimits limits;
  limits.max_bytes = kMaxHeaderBytes;
  limits.max_depth = 8;
  const Json header = Json::parse(cursor.take_text(header_bytes, "the header"), name, limits);
  const auto data = cursor.take(cursor.remaining(), "the data");

  std::map<std::string, TensorView> tensors;
  std::vector<Range> ranges;
  for (const auto& [key, entry] : header.members()) {
    if (key == "__metadata__") {
      check_metadata(entry);
      continue;
    }
    TensorView tensor = parse_entry(key, entry, data);
    const auto begin = static_cast<std::uint64_t>(tensor.bytes.data() - data.data());
    ranges.push_back({begin, begin + tensor.bytes.size(), key});
    tensors.emplace(key, std::move(tensor));
  }
  check_cover(std::move(ranges), data.size(), name);
  return tensors;
}

SafetensorsFiles SafetensorsFiles::open_file(const std::filesystem::path& file) {
  SafetensorsFiles result;
  result.files_.push_back(FileView::open(file));
  result.tensors_ = parse_safetensors(result.files_.back().bytes(), shown_name(file));
  return result;
}

SafetensorsFiles SafetensorsFiles::open_shards(const std::filesystem::path& index) {
  const Json document = Json::read(index);
  std::map<std::string, std::vector<std::string>> names_of_shard;
  for (const auto& [tensor, shard] : document.at("weight_map").members()) {
    if (!is_plain_shard_name(shard.as_string())) {
      shard.refuse("the name of a .safetensors file in the same folder");
    }
    names_of_shard[shard.as_string()].push_back(tensor);
  }

  SafetensorsFiles result;
  for (const auto& [shard, names] : names_of_shard) {
    const auto path = index.parent_path() / shard;
    result.files_.push_back(FileView::open(path));
    auto tensors = parse_safetensors(result.files_.back().bytes(), shown_name(path));
    for (const std::string& name : names) {
      auto found = tensors.extract(name);
      if (found.empty()) {
        throw Error(ErrorCode::CorruptFile, shown_name(index) + " says that " + in_quotes(name) + " is in " + shard +
                                                ", but it is not there; the download may be incomplete.");
      }
      result.tensors_.insert(std::move(found));
    }
  }
  return result;
}

}  // namespace engine
