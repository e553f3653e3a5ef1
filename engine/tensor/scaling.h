#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/tensor/dtype.h"

namespace engine {

/// What makes values of the stored numbers of a scaled weight: where its scales lie, and for GPTQ its zero points and
/// groups. A view of mapped bytes at any address, made and checked by the source of the model, which owns it; every
/// index that follows from a row and a column of the weight lies inside them. Scales are used as they are: one that is
/// not finite makes values that are not. Formulas and layouts: models.md 6.
///
/// F8_E4M3, F8_E5M2: the weight is [matrices, matrix_rows, row_length] bytes, `matrices` mostly being 1. One scale
/// serves block_rows rows and block_columns columns of one matrix: value = number * scale, rounded once.
///
/// GPTQ4: the weight [rows, columns] lies as I32 [columns / 8, rows], eight columns of a row in a word, the lowest in
/// the low bits. value = scale * (number - (zero + zero_offset)), rounded once, with scales [groups, rows] and zeros
/// I32 [groups, ceil(rows / 8)], eight rows in a word.
struct Scaling {
  DType type = DType::F32;            ///< of the scales: F32, F16 or BF16
  const std::byte* scales = nullptr;  ///< F8: [matrices, scale_rows, scale_columns]; GPTQ4: [groups, rows]
  std::uint64_t bytes = 0;            ///< of scales, zeros and group indices in the file

  std::int64_t matrix_rows = 1;                    ///< F8
  std::int64_t block_rows = 1, block_columns = 1;  ///< F8
  std::int64_t scale_rows = 1, scale_columns = 1;  ///< F8

  const std::byte* zeros = nullptr;        ///< GPTQ4
  std::int32_t zero_offset = 0;            ///< GPTQ4: 1 in the first version of the format, 0 in the second
  std::int64_t rows = 0;                   ///< GPTQ4
  std::int64_t groups = 0;                 ///< GPTQ4
  std::int64_t group_size = 1;             ///< GPTQ4: columns that follow each other in a group, without group_index
  const std::byte* group_index = nullptr;  ///< GPTQ4: I32 [columns], the group of each; null: column / group_size
};

}  // namespace engine
