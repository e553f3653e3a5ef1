#include "engine/formats/model_source.h"

#include <cstring>

#include "engine/base/error.h"
#include "engine/base/file_view.h"
#include "engine/base/utf8.h"
#include "engine/formats/gguf_files.h"
#include "engine/formats/gguf_source.h"
#include "engine/formats/hf_files.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

bool is_gguf(const fs::path& file) {
  const FileView view = FileView::open(file);
  return view.bytes().size() >= 4 && std::memcmp(view.bytes().data(), "GGUF", 4) == 0;
}

// What a path means: a folder in the hub's layout, or a GGUF file.
struct Location {
  fs::path path;
  bool gguf = false;
};

Location locate(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    throw Error(ErrorCode::FileNotFound, "There is no model at " + in_quotes(path.string(), 400) + ".");
  }
  if (fs::is_directory(status)) {
    if (fs::exists(path / "config.json", error)) return {path};
    const fs::path file = find_gguf(path);
    return file.empty() ? Location{path} : Location{file, true};
  }
  if (path.extension() == ".gguf" || is_gguf(path)) return {path, true};
  const auto folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  for (const char* file : {"config.json", "tokenizer.model", "tokenizer.json"}) {
    if (fs::exists(folder / file, error)) return {folder};
  }
  throw Error(ErrorCode::UnsupportedModel, in_quotes(path.string(), 400) +
                                               " is neither a GGUF file nor part of a model folder: there is no "
                                               "config.json beside it.");
}

}  // namespace

std::unique_ptr<ModelSource> ModelSource::open(const fs::path& path) {
  const Location location = locate(path);
  return location.gguf ? open_gguf(location.path) : open_hf_folder(location.path);
}

TokenizerData ModelSource::open_tokenizer(const fs::path& path) {
  const Location location = locate(path);
  TokenizerData data = location.gguf ? open_gguf_tokenizer(location.path) : read_hf_tokenizer(location.path);
  if (!data.present) {
    throw Error(ErrorCode::FileNotFound,
                in_quotes(location.path.string(), 400) + " has no tokenizer" +
                    (location.gguf ? "." : ": neither tokenizer.model nor tokenizer.json is there."));
  }
  return data;
}

const TensorView* ModelSource::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

void ModelSource::drop_vocabulary() {
  tokenizer_data_.sentencepiece_model = {};
  tokenizer_data_.piece_list = {};
  tokenizer_data_.bpe = {};
}

void ModelSource::check_files() const {
  for (const FileView& file : files()) {
    if (!file.was_cut()) continue;
    throw Error(ErrorCode::CorruptFile, "The file " + in_quotes(file.path().string(), 400) +
                                            " became shorter while its model was in use; put the whole file back and load "
                                            "the model again.");
  }
}

void ModelSource::prefer_huge_pages() const {
  for (const FileView& file : files()) engine::prefer_huge_pages(file.bytes());
}

bool ModelSource::reads_from(const fs::path& path) const {
  for (const FileView& file : files()) {
    std::error_code ignored;
    if (fs::equivalent(file.path(), path, ignored)) return true;
  }
  return false;
}

std::uint64_t ModelSource::weight_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : tensors_) bytes += tensor.stored_bytes();
  return bytes;
}

}  // namespace engine
