#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/output_file.h"

namespace app::cli {

/// A safetensors file of float32 tensors that is written in any order and appears under its name only when complete.
/// Throws engine::Error naming the file.
class SafetensorsFile {
 public:
  struct Entry {
    std::string name;
    std::vector<std::int64_t> shape;
  };
  /// Writes the header; the tensors lie in the order given, zero until written.
  SafetensorsFile(const std::filesystem::path& path, const std::vector<Entry>& entries);

  /// Writes `values` from element `first` of tensor `name` on.
  void write(const std::string& name, std::int64_t first, std::span<const float> values);
  void commit() { file_.commit(); }

 private:
  engine::OutputFile file_;
  std::map<std::string, std::uint64_t> offsets_;  ///< bytes from the beginning of the file
};

}  // namespace app::cli
