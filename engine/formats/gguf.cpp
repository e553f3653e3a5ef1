#include "engine/formats/gguf.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/file_view.h"
#include "engine/base/utf8.h"
#include "engine/tensor/tensor.h"

namespace engine {

namespace {

constexpr std::uint32_t kTypes = 13;  // of metadata
// Far above what published models have, low enough that no header makes us hold many times its own size.
constexpr std::uint64_t kMaxKeys = 65536, kMaxTensors = 65536;
constexpr std::uint64_t kMaxNameBytes = 65535;  // the format's own limit for keys
constexpr std::int64_t kMaxAlignment = std::int64_t{1} << 20;
constexpr std::uint32_t kMaxDimensions = 4;

// Bytes of a number of this type; 0 for strings and arrays.
std::size_t size_of(GgufType type) {
  switch (type) {
    case GgufType::U8:
    case GgufType::I8:
    case GgufType::Bool:
      return 1;
    case GgufType::U16:
    case GgufType::I16:
      return 2;
    case GgufType::U32:
    case GgufType::I32:
    case GgufType::F32:
      return 4;
    case GgufType::U64:
    case GgufType::I64:
    case GgufType::F64:
      return 8;
    case GgufType::String:
    case GgufType::Array:
      return 0;
  }
  return 0;
}

std::string_view name_of(GgufType type) {
  constexpr std::array<std::string_view, kTypes> kNames = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                                           "bool", "string", "array", "u64", "i64", "f64"};
  return kNames[static_cast<std::size_t>(type)];
}

// ggml's tensor types by their numbers (ggml.h; gguf-py, GGMLQuantizationType).
struct TensorType {
  std::uint32_t number;
  std::string_view name;
  enum { Read, NotRead, Removed } state;
  DType dtype;
};
constexpr std::array kTensorTypes = {
    TensorType{0, "F32", TensorType::Read, DType::F32},
    TensorType{1, "F16", TensorType::Read, DType::F16},
    TensorType{2, "Q4_0", TensorType::Read, DType::Q4_0},
    TensorType{3, "Q4_1", TensorType::Read, DType::Q4_1},
    TensorType{4, "Q4_2", TensorType::Removed, DType::U8},
    TensorType{5, "Q4_3", TensorType::Removed, DType::U8},
    TensorType{6, "Q5_0", TensorType::Read, DType::Q5_0},
    TensorType{7, "Q5_1", TensorType::Read, DType::Q5_1},
    TensorType{8, "Q8_0", TensorType::Read, DType::Q8_0},
    TensorType{9, "Q8_1", TensorType::NotRead, DType::U8},
    TensorType{10, "Q2_K", TensorType::Read, DType::Q2_K},
    TensorType{11, "Q3_K", TensorType::Read, DType::Q3_K},
    TensorType{12, "Q4_K", TensorType::Read, DType::Q4_K},
    TensorType{13, "Q5_K", TensorType::Read, DType::Q5_K},
    TensorType{14, "Q6_K", TensorType::Read, DType::Q6_K},
    TensorType{15, "Q8_K", TensorType::NotRead, DType::U8},
    TensorType{16, "IQ2_XXS", TensorType::NotRead, DType::U8},
    TensorType{17, "IQ2_XS", TensorType::NotRead, DType::U8},
    TensorType{18, "IQ3_XXS", TensorType::NotRead, DType::U8},
    TensorType{19, "IQ1_S", TensorType::NotRead, DType::U8},
    TensorType{20, "IQ4_NL", TensorType::Read, DType::IQ4_NL},
    TensorType{21, "IQ3_S", TensorType::NotRead, DType::U8},
    TensorType{22, "IQ2_S", TensorType::NotRead, DType::U8},
    TensorType{23, "IQ4_XS", TensorType::Read, DType::IQ4_XS},
    TensorType{24, "I8", TensorType::NotRead, DType::U8},
    TensorType{25, "I16", TensorType::NotRead, DType::U8},
    TensorType{26, "I32", TensorType::Read, DType::I32},
    TensorType{27, "I64", TensorType::Read, DType::I64},
    TensorType{28, "F64", TensorType::Read, DType::F64},
    TensorType{29, "IQ1_M", TensorType::NotRead, DType::U8},
    TensorType{30, "BF16", TensorType::Read, DType::BF16},
    TensorType{31, "Q4_0_4_4", TensorType::Removed, DType::U8},
    TensorType{32, "Q4_0_4_8", TensorType::Removed, DType::U8},
    TensorType{33, "Q4_0_8_8", TensorType::Removed, DType::U8},
    TensorType{34, "TQ1_0", TensorType::NotRead, DType::U8},
    TensorType{35, "TQ2_0", TensorType::NotRead, DType::U8},
    TensorType{36, "IQ4_NL_4_4", TensorType::Removed, DType::U8},
    TensorType{37, "IQ4_NL_4_8", TensorType::Removed, DType::U8},
    TensorType{38, "IQ4_NL_8_8", TensorType::Removed, DType::U8},
    TensorType{39, "MXFP4", TensorType::Read, DType::MXFP4},
    TensorType{40, "NVFP4", TensorType::NotRead, DType::U8},
    TensorType{41, "Q1_0", TensorType::NotRead, DType::U8},
};

[[noreturn]] void corrupt(const std::string& sentence) {
  throw Error(ErrorCode::CorruptFile, sentence);
}
[[noreturn]] void unsupported(const std::string& sentence) {
  throw Error(ErrorCode::UnsupportedModel, sentence);
}

}  // namespace

std::uint32_t gguf_type_number(DType dtype) {
  const auto same = [dtype](const TensorType& type) { return type.state == TensorType::Read && type.dtype == dtype; };
  const auto found = std::find_if(kTensorTypes.begin(), kTensorTypes.end(), same);
  assert(found != kTensorTypes.end());
  return found->number;
}

// --- values ----------------------------------------------------------------------------------------------------------

template <typename T>
T GgufValue::read() const {
  T value;
  std::memcpy(&value, bytes_.data(), sizeof value);
  return value;
}

bool GgufValue::is_integer() const {
  return type_ != GgufType::F32 && type_ != GgufType::F64 && type_ != GgufType::Bool && type_ != GgufType::String &&
         type_ != GgufType::Array;
}

bool GgufValue::as_bool() const {
  if (type_ != GgufType::Bool) refuse("true or false");
  return read<std::uint8_t>() != 0;
}

std::int64_t GgufValue::as_integer(std::int64_t min, std::int64_t max) const {
  const auto range = [&] {
    return min == std::numeric_limits<std::int64_t>::min() && max == std::numeric_limits<std::int64_t>::max()
               ? std::string("a whole number")
               : "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  };
  std::int64_t value = 0;
  switch (type_) {
    case GgufType::U8:
      value = read<std::uint8_t>();
      break;
    case GgufType::I8:
      value = read<std::int8_t>();
      break;
    case GgufType::U16:
      value = read<std::uint16_t>();
      break;
    case GgufType::I16:
      value = read<std::int16_t>();
      break;
    case GgufType::U32:
      value = read<std::uint32_t>();
      break;
    case GgufType::I32:
      value = read<std::int32_t>();
      break;
    case GgufType::I64:
      value = read<std::int64_t>();
      break;
    case GgufType::U64: {
      const auto wide = read<std::uint64_t>();
      if (wide > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) refuse(range());
      value = static_cast<std::int64_t>(wide);
      break;
    }
    default:
      refuse(range());
  }
  if (value < min || value > max) refuse(range());
  return value;
}

double GgufValue::as_number(double min, double max) const {
  double value = 0;
  if (type_ == GgufType::F32) {
    value = static_cast<double>(read<float>());
  } else if (type_ == GgufType::F64) {
    value = read<double>();
  } else if (is_integer()) {
    value = static_cast<double>(as_integer());
  } else {
    refuse("a number");
  }
  if (!std::isfinite(value) || value < min || value > max) {
    std::array<char, 80> range{};
    std::snprintf(range.data(), range.size(), "a number from %.6g to %.6g", min, max);
    refuse(range.data());
  }
  return value;
}

std::string_view GgufValue::as_text() const {
  if (type_ != GgufType::String) refuse("a string");
  const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
  if (!is_utf8(text)) refuse("valid UTF-8");
  return text;
}

std::vector<std::string_view> GgufValue::texts(std::size_t max_count) const {
  if (type_ != GgufType::Array || element_type_ != GgufType::String) refuse("an array of strings");
  if (count_ > max_count) refuse("an array of at most " + std::to_string(max_count) + " strings");
  ByteCursor cursor(bytes_, *file_);
  std::vector<std::string_view> texts;
  texts.reserve(static_cast<std::size_t>(count_));
  for (std::uint64_t i = 0; i < count_; ++i) {
    const auto length = cursor.read<std::uint64_t>("a string's length");
    texts.push_back(cursor.take_text(length, "a string"));
    if (!is_utf8(texts.back())) corrupt(where() + ": element " + std::to_string(i) + " is not valid UTF-8.");
  }
  return texts;
}

void GgufValue::check_array(GgufType element, std::size_t count, const char* expected) const {
  if (type_ != GgufType::Array || element_type_ != element || count_ != count) {
    refuse("an array of " + std::to_string(count) + " " + expected);
  }
}

std::vector<float> GgufValue::floats(std::size_t count) const {
  check_array(GgufType::F32, count, "f32 numbers");
  std::vector<float> values(count);
  if (count > 0) std::memcpy(values.data(), bytes_.data(), count * sizeof(float));
  return values;
}

std::vector<std::int32_t> GgufValue::integers(std::size_t count) const {
  check_array(GgufType::I32, count, "i32 numbers");
  std::vector<std::int32_t> values(count);
  if (count > 0) std::memcpy(values.data(), bytes_.data(), count * sizeof(std::int32_t));
  return values;
}

std::string_view GgufValue::octets() const {
  const bool octet = element_type_ == GgufType::U8 || element_type_ == GgufType::I8;
  if (type_ != GgufType::Array || !octet) refuse("an array of u8 or i8 numbers");
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

std::string GgufValue::where() const {
  return *file_ + ": " + in_quotes(key_);
}

std::string GgufValue::found() const {
  switch (type_) {
    case GgufType::Bool:
      return read<std::uint8_t>() != 0 ? "true" : "false";
    case GgufType::U64:
      return "the number " + std::to_string(read<std::uint64_t>());
    case GgufType::F32:
      return "the number " + std::to_string(read<float>());
    case GgufType::F64:
      return "the number " + std::to_string(read<double>());
    case GgufType::String:
      return "the text " + in_quotes({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
    case GgufType::Array:
      return "an array of " + std::to_string(count_) + " elements of type " + std::string(name_of(element_type_));
    default:
      return "the number " + std::to_string(as_integer());
  }
}

void GgufValue::refuse(const std::string& expected) const {
  corrupt(where() + " must be " + expected + ", found " + found() + ".");
}

const GgufValue* GgufMetadata::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

const GgufValue& GgufMetadata::at(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) corrupt(*file_ + " lacks the metadata key " + in_quotes(key) + ".");
  return *value;
}

// --- one file --------------------------------------------------------------------------------------------------------

/// Reads one file from front to back.
class GgufParser {
 public:
  GgufParser(std::span<const std::byte> file, const std::string& name)
      : bytes_(file), name_(std::make_shared<const std::string>(name)), cursor_(file, name) {}

  GgufContent parse() {
    read_header();
    content_.metadata.file_ = name_;
    for (std::uint64_t i = 0; i < key_count_; ++i) read_key();
    if (const GgufValue* value = content_.metadata.find("general.alignment")) {
      const std::int64_t alignment = value->as_integer(1, kMaxAlignment);
      if ((alignment & (alignment - 1)) != 0) value->refuse("a power of two");
      alignment_ = static_cast<std::uint64_t>(alignment);
    }
    std::vector<Placed> placed;
    for (std::uint64_t i = 0; i < tensor_count_; ++i) placed.push_back(read_tensor());
    place(std::move(placed));
    return std::move(content_);
  }

 private:
  struct Placed {
    TensorView tensor;
    std::uint64_t offset = 0;  // from the start of the data
  };

  void read_header() {
    if (cursor_.take_text(4, "the magic number") != "GGUF") corrupt(*name_ + " is not a GGUF file.");
    const auto version = cursor_.read<std::uint32_t>("the version");
    if (version == 1) {
      unsupported(*name_ + " is of GGUF version 1, which is no longer read; get a newer file of this model.");
    }
    if (version != 0 && (version & 0xffffu) == 0) {
      unsupported(*name_ + " is a big-endian GGUF file, made for other processors; get the little-endian one.");
    }
    if (version != 2 && version != 3) {
      unsupported(*name_ + " is of GGUF version " + std::to_string(version) + "; this version of Sotto reads 2 and 3.");
    }
    constexpr std::uint64_t kLeastKey = 8 + 4 + 1;             // length, type, one byte
    constexpr std::uint64_t kLeastTensor = 8 + 4 + 8 + 4 + 8;  // length, dimensions, one of them, type, offset
    tensor_count_ = read_count("tensors", kLeastTensor, kMaxTensors);
    key_count_ = read_count("metadata keys", kLeastKey, kMaxKeys);
  }

  // How many of something follow, of at least `least` bytes each.
  std::uint64_t read_count(const std::string& what, std::uint64_t least, std::uint64_t most) {
    const auto count = cursor_.read<std::uint64_t>("the number of " + what);
    if (count > most || count > cursor_.remaining() / least) {
      corrupt(*name_ + " is damaged: it claims " + std::to_string(count) + " " + what + ", more than it can hold.");
    }
    return count;
  }

  // The name of a key or tensor.
  std::string_view read_name(const std::string& what) {
    const auto length = cursor_.read<std::uint64_t>("the length of " + what);
    if (length == 0 || length > kMaxNameBytes) {
      corrupt(*name_ + " is damaged: " + what + " would be " + std::to_string(length) + " bytes long.");
    }
    const std::string_view name = cursor_.take_text(length, what);
    if (!is_utf8(name)) corrupt(*name_ + " is damaged: " + what + " is not valid UTF-8: " + in_quotes(name) + ".");
    return name;
  }

  GgufType read_type(const std::string& where) {
    const auto type = cursor_.read<std::uint32_t>(where);
    if (type >= kTypes)
      corrupt(*name_ + ": " + where + " is of type " + std::to_string(type) + ", which does not exist.");
    return static_cast<GgufType>(type);
  }

  void read_key() {
    GgufValue value;
    value.file_ = name_;
    value.key_ = read_name("a metadata key");
    const std::string shown = in_quotes(value.key_);
    value.type_ = read_type(shown);
    if (value.type_ == GgufType::Array) {
      read_array(value, shown);
    } else {
      const std::uint64_t bytes =
          value.type_ == GgufType::String ? cursor_.read<std::uint64_t>(shown) : size_of(value.type_);
      value.bytes_ = cursor_.take(bytes, shown);
      if (value.type_ == GgufType::Bool && value.bytes_[0] > std::byte{1}) {
        corrupt(value.where() + " must be true or false, found the byte " +
                std::to_string(std::to_integer<int>(value.bytes_[0])) + ".");
      }
    }
    if (!content_.metadata.values_.emplace(value.key_, value).second) {
      corrupt(*name_ + " is damaged: the metadata key " + shown + " stands in it twice.");
    }
  }

  void read_array(GgufValue& value, const std::string& shown) {
    value.element_type_ = read_type(shown);
    if (value.element_type_ == GgufType::Array)
      corrupt(value.where() + " is an array of arrays, which is not allowed.");
    value.count_ = cursor_.read<std::uint64_t>(shown);
    const bool strings = value.element_type_ == GgufType::String;
    const std::uint64_t element = strings ? sizeof(std::uint64_t) : size_of(value.element_type_);
    if (value.count_ > cursor_.remaining() / element) {
      corrupt(value.where() + " is damaged: it claims " + std::to_string(value.count_) +
              " elements, more than the file can hold.");
    }
    const std::size_t start = cursor_.position();
    if (strings) {
      for (std::uint64_t i = 0; i < value.count_; ++i) cursor_.take(cursor_.read<std::uint64_t>(shown), shown);
    } else {
      cursor_.take(value.count_ * element, shown);
    }
    value.bytes_ = bytes_.subspan(start, cursor_.position() - start);
  }

  Placed read_tensor() {
    Placed placed;
    TensorView& tensor = placed.tensor;
    tensor.name = read_name("a tensor's name");
    const std::string shown = "tensor " + in_quotes(tensor.name);
    const auto refuse = [&](const std::string& what) { corrupt(*name_ + ": " + shown + " " + what + "."); };
    const auto dimensions = cursor_.read<std::uint32_t>(shown);
    if (dimensions < 1 || dimensions > kMaxDimensions)
      refuse("has " + std::to_string(dimensions) + " dimensions, not 1 to 4");
    for (std::uint32_t i = 0; i < dimensions; ++i) {
      const auto dim = cursor_.read<std::uint64_t>(shown);
      if (dim < 1 || dim > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        refuse("has a dimension of " + std::to_string(dim));
      }
      tensor.shape.insert(tensor.shape.begin(), static_cast<std::int64_t>(dim));
    }
    tensor.dtype = read_tensor_type(shown);
    placed.offset = cursor_.read<std::uint64_t>(shown);
    if (placed.offset % alignment_ != 0) {
      refuse("begins at byte " + std::to_string(placed.offset) +
             " of the data, which is not a multiple of the alignment, " + std::to_string(alignment_));
    }
    if (static_cast<std::uint64_t>(tensor.shape.back()) % block_elements(tensor.dtype) != 0) {
      refuse("has rows of " + std::to_string(tensor.shape.back()) + " elements, which is no whole number of " +
             std::string(engine::name_of(tensor.dtype)) + " blocks of " + std::to_string(block_elements(tensor.dtype)));
    }
    return placed;
  }

  DType read_tensor_type(const std::string& shown) {
    const auto number = cursor_.read<std::uint32_t>(shown);
    const auto* const known = std::find_if(kTensorTypes.begin(), kTensorTypes.end(),
                                           [&](const TensorType& type) { return type.number == number; });
    if (known == kTensorTypes.end()) {
      unsupported(*name_ + ": " + shown + " is of type " + std::to_string(number) +
                  ", which this version of Sotto does not know.");
    }
    if (known->state == TensorType::Read) return known->dtype;
    unsupported(*name_ + ": " + shown + " is of type " + std::string(known->name) +
                (known->state == TensorType::Removed ? ", which was removed from the format"
                                                     : ", which this version of Sotto does not read") +
                "; get a file of another type, such as Q4_0, Q4_K_M or Q8_0.");
  }

  // Gives every tensor its bytes. Gaps between them are allowed, overlaps are not.
  void place(std::vector<Placed> placed) {
    if (placed.empty()) return;
    const std::uint64_t padding = (alignment_ - cursor_.position() % alignment_) % alignment_;
    cursor_.take(padding, "the padding before the data");
    const auto data = cursor_.take(cursor_.remaining(), "the data");
    std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.offset < b.offset; });
    std::uint64_t covered = 0;
    for (Placed& next : placed) {
      TensorView& tensor = next.tensor;
      const std::string shown = *name_ + ": tensor " + in_quotes(tensor.name);
      const auto bytes = bytes_of_shape(tensor.dtype, tensor.shape);
      if (!bytes || *bytes > data.size() || next.offset > data.size() - *bytes) {
        corrupt(shown + " needs " + (bytes ? std::to_string(*bytes) : "more than 2^64") + " bytes from byte " +
                std::to_string(next.offset) + " of the data on, which has " + std::to_string(data.size()) +
                "; the file is cut short or damaged.");
      }
      if (next.offset < covered) corrupt(shown + " overlaps another one; the file is damaged.");
      covered = next.offset + *bytes;
      tensor.bytes = data.subspan(static_cast<std::size_t>(next.offset), static_cast<std::size_t>(*bytes));
      std::string name = tensor.name;
      if (!content_.tensors.try_emplace(std::move(name), std::move(tensor)).second) {
        corrupt(shown + " stands in the file twice.");
      }
    }
  }

  std::span<const std::byte> bytes_;
  std::shared_ptr<const std::string> name_;
  ByteCursor cursor_;
  std::uint64_t tensor_count_ = 0, key_count_ = 0;
  std::uint64_t alignment_ = 32;
  GgufContent content_;
};

GgufContent parse_gguf(std::span<const std::byte> file, const std::string& name) {
  return GgufParser(file, name).parse();
}

}  // namespace engine
