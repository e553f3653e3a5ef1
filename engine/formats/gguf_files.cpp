#include "engine/formats/gguf_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMaxParts = 99999;  // five digits

[[noreturn]] void corrupt(const std::string& sentence) {
  throw Error(ErrorCode::CorruptFile, sentence);
}

// "PREFIX-00002-of-00003.gguf"
struct PartName {
  std::string prefix;
  std::int64_t number = 0, count = 0;  // number from 1
};

std::string name_of_part(const std::string& prefix, std::int64_t number, std::int64_t count) {
  std::array<char, 64> ending{};
  std::snprintf(ending.data(), ending.size(), "-%05lld-of-%05lld.gguf", static_cast<long long>(number),
                static_cast<long long>(count));
  return prefix + ending.data();
}

std::optional<PartName> part_name_of(const std::string& file) {
  constexpr std::size_t kEnding = 20;  // "-00002-of-00003.gguf"
  if (file.size() < kEnding) return std::nullopt;
  PartName name;
  name.prefix = file.substr(0, file.size() - kEnding);
  const auto digits = [&](std::size_t at) {
    std::int64_t value = 0;
    for (const char digit : file.substr(file.size() - kEnding + at, 5)) {
      if (digit < '0' || digit > '9') return std::int64_t{-1};
      value = value * 10 + (digit - '0');
    }
    return value;
  };
  name.number = digits(1);
  name.count = digits(10);
  if (name.number < 1 || name.count < name.number || file != name_of_part(name.prefix, name.number, name.count)) {
    return std::nullopt;
  }
  return name;
}

// The number of parts that a file says it is of: 1 where it is whole.
std::int64_t parts_of(const GgufMetadata& metadata) {
  const GgufValue* count = metadata.find("split.count");
  return count == nullptr ? 1 : std::max<std::int64_t>(1, count->as_integer(0, kMaxParts));
}

}  // namespace

GgufFiles GgufFiles::open(const fs::path& path) {
  GgufFiles result;
  FileView view = FileView::open(path);
  GgufContent content = parse_gguf(view.bytes(), shown_name(path));
  const std::int64_t count = parts_of(content.metadata);
  if (count == 1) {
    result.files_.push_back(std::move(view));
    result.metadata_ = std::move(content.metadata);
    result.tensors_ = std::move(content.tensors);
    return result;
  }
  const std::int64_t number = content.metadata.at("split.no").as_integer(0, count - 1) + 1;
  const auto name = part_name_of(path.filename().string());
  if (!name || name->number != number || name->count != count) {
    corrupt(shown_name(path) + " is part " + std::to_string(number) + " of " + std::to_string(count) +
            " of a model; its name must end in " + in_quotes(name_of_part("", number, count)) +
            " so that the others are found beside it.");
  }
  for (std::int64_t part = 1; part <= count; ++part) {
    const fs::path file = path.parent_path() / name_of_part(name->prefix, part, count);
    std::error_code ignored;
    if (!fs::exists(file, ignored)) {
      throw Error(ErrorCode::FileNotFound, "Part " + std::to_string(part) + " of " + std::to_string(count) +
                                               " of this model is missing: " + in_quotes(file.string(), 400) + ".");
    }
    result.files_.push_back(FileView::open(file));
    GgufContent of_part = parse_gguf(result.files_.back().bytes(), shown_name(file));
    if (parts_of(of_part.metadata) != count || of_part.metadata.at("split.no").as_integer() != part - 1) {
      corrupt(shown_name(file) + " does not say that it is part " + std::to_string(part) + " of " +
              std::to_string(count) + "; it belongs to another model or is damaged.");
    }
    if (part == 1) result.metadata_ = std::move(of_part.metadata);
    result.tensors_.merge(of_part.tensors);
    if (!of_part.tensors.empty()) {
      corrupt(shown_name(file) + ": tensor " + in_quotes(of_part.tensors.begin()->first) +
              " stands in another part too.");
    }
  }
  const auto tensors = static_cast<std::int64_t>(result.tensors_.size());
  if (const GgufValue* total = result.metadata_.find("split.tensors.count"); total && total->as_integer() != tensors) {
    corrupt(total->where() + " says " + std::to_string(total->as_integer()) + " tensors, the parts have " +
            std::to_string(tensors) + " together; the download may be incomplete.");
  }
  return result;
}

fs::path find_gguf(const fs::path& folder) {
  fs::path found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string file = entry.path().filename().string();
    if (!file.ends_with(".gguf")) continue;
    if (const auto part = part_name_of(file); part && part->number != 1) continue;
    if (!found.empty()) {
      throw Error(ErrorCode::InvalidRequest,
                  "The folder " + in_quotes(folder.string(), 400) + " has several GGUF models; open one of the files.");
    }
    found = entry.path();
  }
  return found;
}

}  // namespace engine
