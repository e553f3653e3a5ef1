#include "engine/layers/weights.h"

#include <array>
#include <cassert>

#include "engine/base/error.h"

namespace engine {
namespace {

bool is_weight(const TensorView& view) {
  const DType dtype = view.dtype;
  if (is_scaled(dtype)) return view.scaling != nullptr;
  return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::F64 || is_quantised(dtype);
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
  if (!is_weight(*view)) {
    throw Error(ErrorCode::UnsupportedModel, file + ": the tensor \"" + view->name + "\" is of type " +
                                                 std::string(name_of(view->dtype)) +
                                                 "; weights can be F32, F16, BF16, F64, FP8 with scales, 4-bit "
                                                 "GPTQ or quantised as in GGUF");
  }
  return *view;
}

Tensor WeightLoader::matrix(const std::string& name, std::int64_t rows, std::int64_t row_length) const {
  return rows_of(name, {rows, row_length}, 0, rows);
}

Tensor WeightLoader::rows_of(const std::string& name, const Shape& shape, std::int64_t first_row,
                             std::int64_t rows) const {
  const TensorView& view = checked(name, shape);
  assert(first_row >= 0 && rows >= 0);
  if (view.scaling != nullptr) {
    return backend_.scaled_weight(view.dtype, {rows, shape.back()}, view.bytes, *view.scaling, first_row);
  }
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
  const Tensor stored = view.scaling == nullptr
                            ? backend_.weight(view.dtype, {1, length}, view.bytes)
                            : backend_.scaled_weight(view.dtype, {1, length}, view.bytes, *view.scaling, 0);
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
