#include "engine/tokenizer/tokenizer.h"

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/sentencepiece.h"

namespace engine {

std::unique_ptr<Tokenizer> Tokenizer::create(const TokenizerData& data) {
  if (!data.present) {
    throw Error(ErrorCode::UnsupportedModel, "The model in " + in_quotes(data.folder.string(), 400) +
                                                 " brings no tokenizer: tokenizer.model is missing.");
  }
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
