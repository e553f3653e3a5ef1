#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace engine {

/// A token that stands outside the ordinary vocabulary rules.
struct AddedToken {
  static constexpr std::int32_t kIdByContent = -1;
  std::int32_t id = 0;  ///< kIdByContent: the files give the text only, the id is that of the vocabulary's own piece
  std::string content;
  bool special = true;  ///< a control token: never shown, never recognised in a person's text
  bool lstrip = false, rstrip = false, single_word = false, normalized = false;
};

/// The split pattern of GLM-4 (models.md 2.2): what GGUF files mean by the pre-tokenizer "glm4" or "chatglm-bpe".
inline constexpr std::string_view kGlm4SplitPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// A change made to a text before it is split; the steps of tokenizer.json's "normalizer", in order.
struct NormalizerStep {
  enum class Kind {
    Replace,  ///< every `pattern` becomes `content`
    Prepend,  ///< `content` is put before a text that is not empty
    Nfc,      ///< Unicode normalisation form C
  };
  Kind kind = Kind::Replace;
  std::string pattern;
  bool is_regex = false;  ///< `pattern` is a regular expression, otherwise text
  std::string content;
};

/// A cut of a text into stretches that no merge crosses; the steps of tokenizer.json's "pre_tokenizer", in order, each
/// applied to every stretch that the one before it left.
struct SplitStep {
  /// What becomes of the stretches that match, as the tokenizers library names it (SplitDelimiterBehavior).
  enum class Behavior { Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous };
  std::string pattern;
  bool is_regex = true;  ///< `pattern` is a regular expression, otherwise text
  Behavior behavior = Behavior::Isolated;
  bool invert = false;        ///< what lies between the matches is what matches
  bool prefix_space = false;  ///< no cut: a space is put before every stretch that does not begin with one
};

/// A vocabulary of merges by rank: that of a tokenizer.json, or of GGUF metadata of the kind "gpt2".
struct BpeVocabulary {
  /// Two neighbours that become one; ids of `pieces`.
  struct Merge {
    std::int32_t left = 0, right = 0, result = 0;
  };

  std::string source;               ///< what sentences call the file ("my-model/tokenizer.json")
  std::vector<std::string> pieces;  ///< by id, as the file writes them, UTF-8; empty: there is no piece with that id
  std::vector<Merge> merges;        ///< in rank order, the first one first; filled by MergeReader
  bool byte_level = false;     ///< pieces are written in the byte alphabet of GPT-2; otherwise in characters
  bool space_symbol = false;   ///< U+2581 in a piece stands for a space (never where byte_level)
  bool byte_fallback = false;  ///< characters without a piece become the pieces <0x00> ... <0xFF> of their bytes
  bool fuse_unknown = false;   ///< a run of characters without a piece becomes one unknown_id instead of many
  bool ignore_merges = false;  ///< a stretch that is a piece as a whole is that piece, whatever the merges say
  std::int32_t unknown_id = -1;            ///< what a character without a piece becomes; -1: nothing
  std::vector<NormalizerStep> normalizer;  ///< may be empty
  std::vector<SplitStep> splits;           ///< may be empty: then merges may cross the whole text
};

/// A sentencepiece BPE vocabulary as lists: GGUF metadata of the kind "llama".
struct PieceVocabulary {
  std::string source;               ///< what sentences call the file ("my-model.gguf")
  std::vector<std::string> pieces;  ///< by id, spaces as U+2581
  std::vector<float> scores;        ///< as many as pieces
  std::vector<std::int32_t> types;  ///< as many: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
  bool add_space_prefix = true;     ///< a space is put before a text
  bool remove_extra_spaces = false; ///< of a run of spaces one is left, at the ends of a text none
  std::string chars_map;            ///< sentencepiece's table of characters to replace, empty for none; not checked
};

/// What the tokenizer is made from. One of three vocabularies is filled where `present`.
struct TokenizerData {
  std::filesystem::path folder;     ///< for error sentences
  std::string sentencepiece_model;  ///< bytes of tokenizer.model; empty where the model has none
  PieceVocabulary piece_list;       ///< no pieces where the model has none
  BpeVocabulary bpe;                ///< no pieces where the model has none
  /// Of tokenizer.json, tokenizer_config.json, special_tokens_map.json; of GGUF "gpt2" the pieces of type 3 (special) and
  /// 4 (not special). Sentencepiece vocabularies need no entry for their own control pieces.
  std::vector<AddedToken> added_tokens;
  std::map<std::string, std::string> named_tokens;  ///< "bos_token", "cls_token", "sep_token" ... to their text
  bool present = false;                             ///< false: the model brings no tokenizer
};

/// Finds the pieces that merges name. Made when vocabulary.pieces is complete; both must stay where they are.
class MergeReader {
 public:
  explicit MergeReader(BpeVocabulary& vocabulary);

  /// Appends a merge. `where` is for sentences ("m/tokenizer.json: model.merges.7"). Throws Error(CorruptFile) where one
  /// of the two, or both together, are no piece.
  void add(std::string_view left, std::string_view right, const std::string& where);
  /// The same for "left right". Throws Error(CorruptFile) unless there is exactly one space, inside.
  void add(std::string_view both, const std::string& where);

 private:
  std::int32_t id_of(std::string_view piece, const std::string& where) const;

  BpeVocabulary& vocabulary_;
  std::unordered_map<std::string_view, std::int32_t> ids_;
};

}  // namespace engine
