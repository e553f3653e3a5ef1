#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

/// A tokenizer.model read and checked by our own code, before the sentencepiece library sees a byte of it: the library
/// trusts parts of the file (its normalisation table) and ends the program on others.
/// Format: sentencepiece_model.proto of the sentencepiece project, ModelProto.
struct SentencePieceModel {
  enum class Type { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

  struct Piece {
    std::string text;  ///< UTF-8, not empty, unique; spaces as U+2581
    Type type = Type::Normal;
    std::size_t type_offset = 0;  ///< where the file says the type; 0 where it leaves the default
  };

  std::vector<Piece> pieces;       ///< by id
  bool escapes_whitespace = true;  ///< U+2581 in a piece stands for a space
};

/// Reads `bytes`; `file` is for sentences. Throws Error: CorruptFile for a broken protobuf, impossible pieces or an
/// unsafe normalisation table; UnsupportedModel where the model is not BPE.
SentencePieceModel parse_sentencepiece_model(std::string_view bytes, const std::string& file);

}  // namespace engine
