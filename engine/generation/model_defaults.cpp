#include "engine/generation/model_defaults.h"

#include <algorithm>
#include <string_view>

namespace engine {

std::vector<std::int32_t> end_of_sequence_ids(const ModelConfig& config, const GenerationDefaults& defaults,
                                              const TokenizerData& data, const Tokenizer* tokenizer) {
  std::vector<std::int32_t> ids = config.eos_token_ids;
  ids.insert(ids.end(), defaults.eos_token_ids.begin(), defaults.eos_token_ids.end());
  if (tokenizer) {
    // ERNIE 4.5 and its thinking variant; GLM-4, which ends a reply by naming whose turn it is.
    std::vector<std::string_view> contents = {"</s>",          "<|end_of_sentence|>", "<|im_end|>",
                                              "<|endoftext|>", "<|user|>",            "<|observation|>"};
    for (const char* name : {"eos_token", "sep_token"}) {
      if (const auto found = data.named_tokens.find(name); found != data.named_tokens.end())
        contents.push_back(found->second);
    }
    for (const std::string_view content : contents) {
      const std::optional<std::int32_t> id = tokenizer->id_of(content);
      if (id && tokenizer->is_special(*id)) ids.push_back(*id);
    }
  }
  std::erase_if(ids, [&config](std::int32_t id) { return id < 0 || id >= config.vocab_size; });
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

SamplingParams default_sampling(const GenerationDefaults& defaults) {
  SamplingParams params;
  const bool brings_any =
      defaults.do_sample || defaults.temperature || defaults.top_k || defaults.top_p || defaults.min_p;
  if (!brings_any) {
    // What the makers of ERNIE 4.5 and GLM-4 recommend.
    params.temperature = 0.8;
    params.top_p = 0.8;
    params.repetition_penalty = defaults.repetition_penalty.value_or(1.0);
    return params;
  }
  // GenerationConfig of transformers: what the file leaves out.
  params.do_sample = defaults.do_sample.value_or(false);
  params.temperature = defaults.temperature.value_or(1.0);
  params.top_k = defaults.top_k.value_or(50);
  params.top_p = defaults.top_p.value_or(1.0);
  params.min_p = defaults.min_p.value_or(0.0);
  params.repetition_penalty = defaults.repetition_penalty.value_or(1.0);
  return params;
}

Vocabulary make_vocabulary(const ModelSource& source, const Tokenizer* tokenizer, std::int64_t context_length) {
  Vocabulary vocabulary;
  vocabulary.tokenizer = tokenizer;
  vocabulary.size = source.config().vocab_size;
  vocabulary.context_length = context_length;
  vocabulary.end_of_sequence =
      end_of_sequence_ids(source.config(), source.generation_defaults(), source.tokenizer_data(), tokenizer);
  if (tokenizer) {
    for (std::int32_t id = 0; id < vocabulary.size; ++id) {
      if (!tokenizer->has_piece(id)) vocabulary.masked.push_back(id);
    }
  }
  return vocabulary;
}

}  // namespace engine
