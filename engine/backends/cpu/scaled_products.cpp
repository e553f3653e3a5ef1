#include "engine/backends/cpu/scaled_products.h"

#include <algorithm>
#include <cassert>

#include "engine/backends/cpu/weight_rows.h"

namespace engine {
namespace {

constexpr std::size_t kRows = 4;      // of FP8 that are decoded together: as many as dot takes in one go
constexpr std::size_t kPiece = 1024;  // elements of each: 16 KB with the other rows
constexpr std::int64_t kDepth = 128;  // columns of a GPTQ4 tile that are decoded together: 8 or 16 KB

std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

}  // namespace

void ScaledProducts::reserve(std::span<const MatrixProduct> products) {
  std::size_t tables = 0;
  bool scaled = false;
  for (const MatrixProduct& product : products) {
    scaled = scaled || product.scaling != nullptr;
    if (product.type == DType::GPTQ4)
      tables = std::max(tables, 2 * size(product.scaling->groups) * kernels_.tile_columns);
  }
  if (!scaled) return;
  // The dot kernels prefetch the rows behind those that they are given: twice the room keeps that in our own memory.
  const std::size_t values = std::max(2 * kRows * kPiece, size(kDepth) * kernels_.tile_columns);
  for (Scratch& scratch : scratch_) {
    if (scratch.values.size() < values) scratch.values.resize(values);
    if (scratch.tables.size() < tables) scratch.tables.resize(tables);
    scratch.rows.resize(kernels_.tile_columns);
  }
}

void ScaledProducts::dot(const MatrixProduct& product, std::int64_t first, std::int64_t count, int worker, float* sums,
                         std::size_t stride) {
  assert(product.scaling != nullptr && product.rows <= kMostInputs);
  if (product.type == DType::GPTQ4) {
    dot_gptq(product, first, count, worker, sums, stride);
  } else {
    dot_f8(product, first, count, scratch_[static_cast<std::size_t>(worker)], sums, stride);
  }
}

void ScaledProducts::dot_f8(const MatrixProduct& product, std::int64_t first, std::int64_t count, Scratch& scratch,
                            float* sums, std::size_t stride) const {
  const F8Kernels& kernels = f8_kernels(kernels_, product.type);
  const std::size_t in_features = size(product.in_features), inputs = size(product.rows);
  float part[kMostInputs * kRows];
  for (std::size_t r = 0; r < size(count); r += kRows) {
    const std::size_t rows = std::min(kRows, size(count) - r);
    F8Row row[kRows];
    for (std::size_t i = 0; i < rows; ++i) {
      row[i] = f8_row(product.weight, product.in_features, *product.scaling,
                      product.first_row + first + static_cast<std::int64_t>(r + i), kRows);
    }
    for (std::size_t k = 0; k < in_features; k += kPiece) {
      const std::size_t n = std::min(kPiece, in_features - k);
      for (std::size_t i = 0; i < rows; ++i) kernels.widen(row[i], k, n, scratch.values.data() + i * kPiece);
      kernels_.f32.dot(product.x + k, in_features, inputs, reinterpret_cast<const std::byte*>(scratch.values.data()),
                       kPiece * sizeof(float), rows, n, part, kRows);
      for (std::size_t t = 0; t < inputs; ++t) {
        float* const sum = sums + t * stride + r;
        for (std::size_t i = 0; i < rows; ++i) sum[i] = (k > 0 ? sum[i] : 0.0f) + part[t * kRows + i];
      }
    }
  }
}

void ScaledProducts::dot_gptq(const MatrixProduct& product, std::int64_t first, std::int64_t count, int worker,
                              float* sums, std::size_t stride) {
  const std::int64_t width = static_cast<std::int64_t>(kernels_.tile_columns);
  const std::size_t in_features = size(product.in_features);
  float* const panel = scratch_[static_cast<std::size_t>(worker)].values.data();
  for (std::int64_t r = 0; r < count; r += width) {
    const std::size_t columns = size(std::min(width, count - r));
    begin_tile(product, first + r, columns, worker);
    for (std::int64_t k = 0; k < product.in_features; k += kDepth) {
      const std::size_t depth = size(std::min(kDepth, product.in_features - k));
      pack(product, k, depth, worker, panel);
      for (std::size_t t = 0; t < size(product.rows); t += kernels_.tile_rows) {
        const std::size_t height = std::min(kernels_.tile_rows, size(product.rows) - t);
        kernels_.multiply_tile(product.x + t * in_features + size(k), in_features, panel, kernels_.tile_columns, depth,
                               sums + t * stride + size(r), stride, height, columns, k > 0);
      }
    }
  }
}

void ScaledProducts::begin_tile(const MatrixProduct& product, std::int64_t first, std::size_t count, int worker) {
  Scratch& scratch = scratch_[static_cast<std::size_t>(worker)];
  const std::int64_t row = product.first_row + first;
  scratch.first = size(row);
  scratch.count = count;
  if (product.type == DType::GPTQ4) {
    kernels_.gptq.fill_tables(*product.scaling, scratch.first, count, scratch.tables.data());
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    scratch.rows[i] = f8_row(product.weight, product.in_features, *product.scaling, row + static_cast<std::int64_t>(i));
  }
}

void ScaledProducts::pack(const MatrixProduct& product, std::int64_t column, std::size_t depth, int worker,
                          float* panel) {
  const Scratch& scratch = scratch_[static_cast<std::size_t>(worker)];
  if (product.type == DType::GPTQ4) {
    kernels_.gptq.pack(product.weight, *product.scaling, scratch.tables.data(), scratch.first, scratch.count,
                       size(column), depth, panel);
  } else {
    f8_kernels(kernels_, product.type).pack(scratch.rows.data(), scratch.count, size(column), depth, panel);
  }
}

}  // namespace engine
