#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "engine/formats/model_source.h"
#include "engine/tensor/dtype.h"
#include "engine/types.h"

namespace engine {

struct QuantizeOptions {
  DType type = DType::Q8_0;  ///< of the matrices: BF16, Q8_0, Q4_0, Q4_K, Q6_K, or F32
  int threads = 0;           ///< 0: physical cores, within the process's CPU limits
  /// Share of the work done, 0 to 1; returning false stops it. Called on the caller's thread, some times a second.
  LoadProgress progress;
  /// Told, before the work begins, each thing that the file will lack or lose, as a sentence.
  std::function<void(const std::string&)> warn;
};

/// What became of it.
struct QuantizeResult {
  bool finished = false;  ///< false: progress asked to stop, and nothing was written
  std::uint64_t file_bytes = 0;
};

/// The type that a tensor with rows of `row_length` numbers gets where `wanted` is asked for: the next one that has
/// whole blocks (K-quants: Q8_0; then BF16). `is_embedding`: table of tokens or head, never below 8 bits.
DType type_of_matrix(DType wanted, std::int64_t row_length, bool is_embedding);

/// Writes a model as one GGUF file, tensor by tensor: memory stays at some tens of megabytes whatever the model's size.
/// Norms, biases and routers are float32; embedding and head BF16 or Q8_0; blocks that have the wanted type are copied
/// as they are. `out` appears only when it is complete (OutputFile). The same bytes whatever the number of threads.
/// Throws Error: InvalidRequest where `out` is a file of the source; FileNotFound where it cannot be written;
/// UnsupportedModel for what GGUF cannot say; CorruptFile for a broken source, and for numbers that a block cannot
/// hold.
QuantizeResult quantize(const ModelSource& source, const std::filesystem::path& out, const QuantizeOptions& options);

}  // namespace engine
