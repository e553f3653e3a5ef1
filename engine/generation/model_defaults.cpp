#include "engine/generation/model_defaults.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace engine {

namespace {

bool is_glm_z1(const ModelSource& source) {
  if (source.config().architecture != "glm4") return false;
  const std::string path = source.path().lexically_normal().string();  // a folder may end in a slash
  const std::string_view name = std::string_view(path).substr(path.find_last_of('/', path.size() - 2) + 1);
  return source.chat_template().find("<think>") != std::string::npos || name.find("Z1") != name.npos ||
         name.find("z1") != name.npos;
}

}  // namespace

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

SamplingParams default_sampling(const ModelSource& source) {
  const GenerationDefaults& defaults = source.generation_defaults();
  SamplingParams params;
  const bool brings_any =
      defaults.do_sample || defaults.temperature || defaults.top_k || defaults.top_p || defaults.min_p;
  if (!brings_any) {
    // The model cards of ERNIE 4.5, GLM-4-0414 and GLM-Z1-0414.
    params.temperature = is_glm_z1(source) ? 0.6 : 0.8;
    params.top_p = is_glm_z1(source) ? 0.95 : 0.8;
    params.top_k = is_glm_z1(source) ? 40 : 0;
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
