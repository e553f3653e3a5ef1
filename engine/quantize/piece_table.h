#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/formats/tokenizer_data.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

/// What a piece of a GGUF vocabulary is; numbered as in the format.
enum class PieceType : std::int32_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

/// The lists that a GGUF vocabulary consists of, by id, all of one length. Ids without a piece are Unused.
struct PieceTable {
  explicit PieceTable(std::size_t size);

  /// Throws Error(UnsupportedModel), naming `source`, where the id is outside the table.
  void put(std::size_t id, const std::string& text, float score, PieceType type, const std::string& source);
  /// Puts the added tokens in, control tokens as the tokenizer has them, and gives every unused id a text of its own.
  /// Throws Error(UnsupportedModel) where a text stands for two ids.
  void finish(const TokenizerData& data, const Tokenizer& tokenizer, const std::string& source);

  std::vector<std::string> texts;
  std::vector<float> scores;
  std::vector<std::int32_t> types;  ///< PieceType
};

/// The scores by which sentencepiece merges as the ranks of `vocabulary` do: of each piece the rank of its first merge,
/// negated; 0 for pieces that no merge makes. `is_control` (one for each piece): pieces that no text becomes. Throws
/// Error(UnsupportedModel) where no scores can say it: sentencepiece makes any two neighbours one whose texts together
/// are a piece, the highest score first.
std::vector<float> scores_of_merges(const BpeVocabulary& vocabulary, const std::vector<bool>& is_control);

}  // namespace engine
