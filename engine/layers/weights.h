#pragma once

#include <cstdint>
#include <string>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"
#include "engine/tensor/tensor.h"

namespace engine {

/// y = weight * x + bias.
struct Linear {
  Tensor weight;  ///< [out_features, in_features] in the file's type
  Tensor bias;    ///< [out_features] float32; empty: none
};

/// Root mean square norm.
struct Norm {
  Tensor weight;  ///< [hidden] float32
  float eps = 1e-5f;
};

/// Fetches tensors of a model by name, checks type and shape before any kernel sees them and puts them on the backend.
/// Both arguments must outlive it, and the source every weight it gives. All methods throw Error(CorruptFile) for a
/// missing or misshapen tensor and Error(UnsupportedModel) for a type that no kernel reads; the sentence names file and
/// tensor.
class WeightLoader {
 public:
  WeightLoader(const ModelSource& source, Backend& backend) : source_(source), backend_(backend) {}

  bool has(const std::string& name) const { return source_.find(name) != nullptr; }
  /// A matrix of any weight type, not copied where the backend can read the file's memory.
  Tensor matrix(const std::string& name, std::int64_t rows, std::int64_t row_length) const;
  /// A matrix [rows, shape.back()] made of `rows` rows of the tensor `name`, which must have exactly `shape`, from row
  /// `first_row` on; rows are counted through all dimensions but the last. For stacked and fused weights.
  Tensor rows_of(const std::string& name, const Shape& shape, std::int64_t first_row, std::int64_t rows) const;
  /// A vector, widened to float32 (F64 is rounded; these are small).
  Tensor vector(const std::string& name, std::int64_t length) const;
  /// The same of a tensor that is written as [1, length] in some files.
  Tensor row_vector(const std::string& name, std::int64_t length) const;
  /// `name`.weight and, where asked for, `name`.bias.
  Linear linear(const std::string& name, std::int64_t out_features, std::int64_t in_features, bool bias) const;
  Norm norm(const std::string& name, std::int64_t hidden_size, double eps) const;

 private:
  Tensor widened(const TensorView& view, std::int64_t length) const;
  const TensorView& checked(const std::string& name, const Shape& shape) const;
  const ModelSource& source_;
  Backend& backend_;
};

}  // namespace engine
