#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/tokenizer_data.h"

namespace engine {

/// A tokenizer.model read and checked by our own code, before the sentencepiece library sees a byte of it: the library
/// trusts parts of the file (its normalisation table) and ends the program on others.
/// Format: sentencepiece_model.proto of the sentencepiece project, ModelProto.
struct SentencePieceModel {
  enum class Type { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

  struct Piece {
    std::string text;  ///< UTF-8, not empty, unique; spaces as U+2581
    float score = 0.0f;
    Type type = Type::Normal;
    std::size_t field_begin = 0;     ///< where its field begins in the file
    std::size_t begin = 0, end = 0;  ///< the field's content
    std::size_t type_offset = 0;     ///< where the file says the type; 0 where it leaves the default
  };

  std::vector<Piece> pieces;       ///< by id
  bool escapes_whitespace = true;  ///< U+2581 in a piece stands for a space
  bool adds_dummy_prefix = true;   ///< a space is put before a text
  bool removes_extra_spaces = true;  ///< of a run of spaces one is left, at the ends of a text none
  std::string chars_map;           ///< the normalisation table (checked), empty for none
};

/// Reads `bytes`; `file` is for sentences. Throws Error: CorruptFile for a broken protobuf, impossible pieces or an
/// unsafe normalisation table; UnsupportedModel where the model is not BPE.
SentencePieceModel parse_sentencepiece_model(std::string_view bytes, const std::string& file);

/// The bytes of `model` with those pieces made control pieces that `controls` (one for each piece) says, except the one
/// for unknown text and the bytes.
std::string with_control_pieces(std::string_view bytes, const SentencePieceModel& model,
                                const std::vector<bool>& controls);

/// A BPE model with these pieces, as a tokenizer.model would hold it: byte fallback where there are byte pieces. Nothing
/// is checked but that the three lists are of one length: throws Error(CorruptFile).
std::string model_of_pieces(const PieceVocabulary& vocabulary);

}  // namespace engine
