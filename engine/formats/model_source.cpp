#include "engine/formats/model_source.h"

#include <cstring>

#include "engine/base/error.h"
#include "engine/base/file_view.h"
#include "engine/base/utf8.h"
#include "engine/formats/hf_files.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

bool is_gguf(const fs::path& file) {
  const FileView view = FileView::open(file);
  return view.bytes().size() >= 4 && std::memcmp(view.bytes().data(), "GGUF", 4) == 0;
}

// The model folder that `path` means: itself, or the folder of a file that a person picked inside it.
fs::path folder_of(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    throw Error(ErrorCode::FileNotFound, "There is no model at " + in_quotes(path.string(), 400) + ".");
  }
  if (fs::is_directory(status)) return path;
  if (is_gguf(path)) {
    throw Error(ErrorCode::UnsupportedModel, in_quotes(path.string(), 400) +
                                                 " is a GGUF file; this version of Sotto opens folders in the Hugging "
                                                 "Face layout (config.json and .safetensors).");
  }
  const auto folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  for (const char* file : {"config.json", "tokenizer.model", "tokenizer.json"}) {
    if (fs::exists(folder / file, error)) return folder;
  }
  throw Error(ErrorCode::UnsupportedModel,
              in_quotes(path.string(), 400) + " is not part of a model folder: there is no config.json beside it.");
}

}  // namespace

std::unique_ptr<ModelSource> ModelSource::open(const fs::path& path) {
  return open_hf_folder(folder_of(path));
}

TokenizerData ModelSource::open_tokenizer(const fs::path& path) {
  const auto folder = folder_of(path);
  TokenizerData data = read_hf_tokenizer(folder);
  if (!data.present) {
    throw Error(ErrorCode::FileNotFound, "The folder " + in_quotes(folder.string(), 400) +
                                             " has no tokenizer: neither tokenizer.model nor tokenizer.json is there.");
  }
  return data;
}

const TensorView* ModelSource::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

void ModelSource::check_files() const {
  for (const FileView& file : files()) {
    if (!file.was_cut()) continue;
    throw Error(ErrorCode::CorruptFile, "The file " + in_quotes(file.path().string(), 400) +
                                            " became shorter while its model was in use; put the whole file back and load "
                                            "the model again.");
  }
}

std::uint64_t ModelSource::weight_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : tensors_) bytes += tensor.bytes.size();
  return bytes;
}

}  // namespace engine
