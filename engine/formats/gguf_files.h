#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/base/file_view.h"
#include "engine/formats/gguf.h"

namespace engine {

/// A model in one mapped GGUF file, or in the parts that gguf-split makes of it.
class GgufFiles {
 public:
  /// `path` is the file, or any of the parts, which are found by their names ("-00002-of-00003.gguf") in the same
  /// folder and checked against each other. Throws Error: FileNotFound, CorruptFile, UnsupportedModel.
  static GgufFiles open(const std::filesystem::path& path);

  /// Of the only or first file.
  const GgufMetadata& metadata() const { return metadata_; }
  /// Of all parts, under their own names.
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::vector<FileView>& files() const { return files_; }
  /// The only or first file.
  const std::filesystem::path& path() const { return files_.front().path(); }

 private:
  std::vector<FileView> files_;  ///< in the order of the parts
  GgufMetadata metadata_;
  std::map<std::string, TensorView> tensors_;
};

/// The one model that a folder's GGUF files are; an empty path where it has none. Throws Error(InvalidRequest) where
/// there are several.
std::filesystem::path find_gguf(const std::filesystem::path& folder);

}  // namespace engine
