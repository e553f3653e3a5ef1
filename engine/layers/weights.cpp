#include "engine/layers/weights.h"

#include <array>
#include <cassert>

#include "engine/base/error.h"

namespace engine {
namespace {

bool is_weight_type(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 || is_quantised(dtype);
}

}  // namespace

const TensorView& WeightLoader::checked(const std::string& name, const Shape& shape) const {
  const std::string file = source_.path().string();
  const TensorView* view = source_.find(name);
  if (view == nullptr) {
    throw Error(ErrorCode::CorruptFile, file + ": the tensor \"" + name +
                                            "\" that this model needs is missing; download the "
                                            "model again");
  }
  if (view->shape != shape) {
    throw Error(ErrorCode::CorruptFile, file + ": the tensor \"" + view->name + "\" has shape " +
                                            to_string(view->shape) + ", but the model's configuration asks for " +
                                            to_string(shape));
  }
  if (!is_weight_type(view->dtype)) {
    throw Error(ErrorCode::UnsupportedModel, file + ": the tensor \"" + view->name + "\" is of type " +
                                                 std::string(name_of(view->dtype)) +
                                                 "; weights can be F32, F16, BF16 or quantised as in GGUF");
  }
  return *view;
}

Tensor WeightLoader::matrix(const std::string& name, std::int64_t rows, std::int64_t row_length) const {
  const Shape shape{rows, row_length};
  const TensorView& view = checked(name, shape);
  return backend_.weight(view.dtype, shape, view.bytes);
}

Tensor WeightLoader::rows_of(const std::string& name, const Shape& shape, std::int64_t first_row,
                             std::int64_t rows) const {
  const TensorView& view = checked(name, shape);
  assert(first_row >= 0 && rows >= 0);
  const std::size_t row_bytes = bytes_of(view.dtype, static_cast<std::size_t>(shape.back()));
  return backend_.weight(
      view.dtype, {rows, shape.back()},
      view.bytes.subspan(static_cast<std::size_t>(first_row) * row_bytes, static_cast<std::size_t>(rows) * row_bytes));
}

Tensor WeightLoader::vector(const std::string& name, std::int64_t length) const {
  return widened(checked(name, {length}), length);
}

Tensor WeightLoader::row_vector(const std::string& name, std::int64_t length) const {
  const TensorView* view = source_.find(name);
  const bool flat = view != nullptr && view->shape.size() == 1;
  return widened(checked(name, flat ? Shape{length} : Shape{1, length}), length);
}

Tensor WeightLoader::widened(const TensorView& view, std::int64_t length) const {
  // A table of one row, whose lookup widens any type.
  const Tensor stored = backend_.weight(view.dtype, {1, length}, view.bytes);
  Tensor tensor = backend_.allocate(DType::F32, {length});
  backend_.embed(stored, std::array<std::int32_t, 1>{0}, tensor);
  return tensor;
}

Linear WeightLoader::linear(const std::string& name, std::int64_t out_features, std::int64_t in_features,
                            bool bias) const {
  Linear linear;
  linear.weight = matrix(name + ".weight", out_features, in_features);
  if (bias) linear.bias = vector(name + ".bias", out_features);
  return linear;
}

Norm WeightLoader::norm(const std::string& name, std::int64_t hidden_size, double eps) const {
  return {vector(name + ".weight", hidden_size), static_cast<float>(eps)};
}

}  // namespace engine
