#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/formats/gguf_writer.h"
#include "engine/formats/model_source.h"
#include "engine/quantize/gguf_vocabulary.h"

namespace engine {

/// What a tensor is for: it decides how it may be stored.
enum class TensorRole {
  Vector,     ///< norms, biases, routers, rope factors: float32 always
  Embedding,  ///< table of tokens and head: 8 bits or more
  Matrix,     ///< the rest
  Kept,       ///< copied as it is
};

/// A tensor of the file to be: rows of one or more tensors of the source, one part behind the other.
struct ExportTensor {
  std::string name;  ///< in GGUF
  Shape shape;       ///< outermost first
  TensorRole role = TensorRole::Matrix;
  /// Rows [first_row, first_row + rows) of a tensor of the source, counted through all dimensions but the last.
  struct Part {
    TensorView view;
    std::int64_t first_row = 0, rows = 0;
  };
  std::vector<Part> parts;
};

/// A model as GGUF has it (models.md 1.8). The source must outlive it.
struct GgufExport {
  GgufKeys keys;  ///< without general.file_type and general.quantization_version
  std::vector<ExportTensor> tensors;
  Warnings warnings;
  std::deque<std::vector<float>> numbers;  ///< that parts view beside those of the source
};

/// Plans the export of any source. Tensors of a folder are checked against its config and take GGUF's names, with
/// experts stacked and GLM-4's gate and up in one; a GGUF file keeps its keys and names, parts of a split one come
/// together. Throws Error: CorruptFile for missing or misshapen tensors; UnsupportedModel for what GGUF cannot say.
GgufExport plan_gguf_export(const ModelSource& source);

}  // namespace engine
