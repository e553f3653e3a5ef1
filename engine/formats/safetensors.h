#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/file_view.h"
#include "engine/formats/model_source.h"

namespace engine {

/// The tensors of one safetensors file: 8 bytes header length, JSON header, data (format specification of the
/// safetensors project). Everything is checked: header size, JSON, dtypes, shapes, byte ranges that must cover the data
/// without hole or overlap. The views point into `file`. `name` is what sentences call the file.
/// Throws Error: CorruptFile; UnsupportedModel for an element type that the engine does not read.
std::map<std::string, TensorView> parse_safetensors(std::span<const std::byte> file, const std::string& name);

/// Mapped safetensors files and their tensors, from one file or from shards. The views live as long as the object.
class SafetensorsFiles {
 public:
  /// One file with all tensors. Throws Error: FileNotFound, CorruptFile, UnsupportedModel.
  static SafetensorsFiles open_file(const std::filesystem::path& file);

  /// The shards that `index` (model.safetensors.index.json) names, all plain files in its own folder. Only the tensors
  /// that the index lists are taken, each from the shard it names. Throws as open_file does.
  static SafetensorsFiles open_shards(const std::filesystem::path& index);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::vector<FileView>& files() const { return files_; }

 private:
  std::vector<FileView> files_;
  std::map<std::string, TensorView> tensors_;
};

}  // namespace engine
