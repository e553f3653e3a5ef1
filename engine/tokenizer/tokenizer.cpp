#include "engine/tokenizer/tokenizer.h"

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/sentencepiece.h"

namespace engine {

void refuse_long_text(std::size_t bytes) {
  if (bytes <= kMaxTextBytes) return;
  throw Error(ErrorCode::InvalidRequest, "A text of " + std::to_string(bytes) +
                                             " bytes is too long to tokenize; at most " +
                                             std::to_string(kMaxTextBytes) + " are accepted.");
}

std::unique_ptr<Tokenizer> Tokenizer::create(const TokenizerData& data) {
  if (!data.present) {
    throw Error(ErrorCode::UnsupportedModel,
                "The model in " + in_quotes(data.folder.string(), 400) +
                    " brings no tokenizer: it has neither tokenizer.model nor tokenizer.json.");
  }
  if (!data.bpe.pieces.empty()) return create_bpe_tokenizer(data);
  return create_sentencepiece_tokenizer(data);
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  std::string bytes;
  for (const std::int32_t id : ids) {
    if (!skip_special || !is_special(id)) bytes += bytes_of(id);
  }
  return is_utf8(bytes) ? bytes : replace_invalid_utf8(bytes);
}

}  // namespace engine
