#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/model_source.h"

namespace engine {

/// The longest text that is tokenized at once: tokenizers need some hundred bytes for each byte of text, and no context
/// holds as much.
inline constexpr std::size_t kMaxTextBytes = std::size_t{16} << 20;

/// Throws Error(InvalidRequest) for more than kMaxTextBytes.
void refuse_long_text(std::size_t bytes);

/// Text to ids and back. Immutable after creation; all const methods may be called from any thread.
class Tokenizer {
 public:
  /// Makes the tokenizer that the data describes. Throws Error (CorruptFile, UnsupportedModel) naming file and field.
  static std::unique_ptr<Tokenizer> create(const TokenizerData& data);

  virtual ~Tokenizer() = default;

  /// Ids of `text` (UTF-8; every invalid sequence is read as U+FFFD). With `parse_special` the added tokens inside the
  /// text are recognised, longest match first; without it they are ordinary text, whatever a person typed. Nothing is
  /// prepended or appended. Time is near linear in the length, also for one unbroken megabyte.
  virtual std::vector<std::int32_t> encode(std::string_view text, bool parse_special) const = 0;

  /// A stretch of text: an added token, or what lies between two of them.
  struct Section {
    std::string_view text;
    std::optional<std::int32_t> id;  ///< set for an added token
  };
  /// `text` (valid UTF-8) cut where encode() with `parse_special` recognises added tokens; none of the sections is empty.
  /// The views point into `text`. So that a prompt of several pieces is tokenized across their borders.
  virtual std::vector<Section> split(std::string_view text) const = 0;

  /// The bytes that one token stands for (not necessarily whole UTF-8). Empty for ids without a piece.
  virtual std::string_view bytes_of(std::int32_t id) const = 0;

  /// Text of a sequence; invalid bytes become U+FFFD, one per maximal subpart. `skip_special` leaves control tokens out.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const;

  /// Control tokens: never shown to people.
  virtual bool is_special(std::int32_t id) const = 0;
  /// False for ids that no text or control token stands for (vocabulary padding): these are masked before sampling.
  virtual bool has_piece(std::int32_t id) const = 0;
  /// The id of a token by its exact text.
  virtual std::optional<std::int32_t> id_of(std::string_view content) const = 0;
  /// One more than the highest id.
  virtual std::int32_t vocab_size() const = 0;
  /// What it holds in memory, in bytes: part of the memory plan.
  virtual std::uint64_t memory_bytes() const = 0;
};

}  // namespace engine
