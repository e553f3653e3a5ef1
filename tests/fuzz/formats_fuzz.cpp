// libFuzzer over what is parsed before a model runs, one program a format: safetensors files, config.json,
// tokenizer.model, tokenizer.json, GGUF files. CMakeLists.txt says which of the functions below is SOTTO_FUZZED. An
// engine::Error is a right answer; any other exception, a crash or a hang is not.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/weight_rows.h"
#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/formats/gguf.h"
#include "engine/formats/gguf_tokenizer.h"
#include "engine/formats/hf_config.h"
#include "engine/formats/quantized_hf.h"
#include "engine/formats/safetensors.h"
#include "engine/formats/tokenizer_json.h"
#include "engine/tokenizer/tokenizer.h"

namespace {

// Touches the ends of every view, so that a range outside the file is seen.
[[maybe_unused]] void touch_ends(const std::map<std::string, engine::TensorView>& tensors) {
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.bytes.empty()) {
      volatile auto sum = std::to_integer<int>(tensor.bytes.front()) + std::to_integer<int>(tensor.bytes.back());
      static_cast<void>(sum);
    }
  }
}

// As tensors, and as those of quantised layers of each kind: what is joined is decoded, so that every scale, zero point
// and group index is read.
[[maybe_unused]] void parse_safetensors_file(std::string_view input) {
  using engine::HfQuantization;
  const auto all = engine::parse_safetensors(std::as_bytes(std::span(input)), "fuzz.safetensors");
  touch_ends(all);
  for (const HfQuantization& quantization :
       {HfQuantization{}, HfQuantization{HfQuantization::Method::Fp8, 16, 24, 0, 0},
        HfQuantization{HfQuantization::Method::Gptq, 0, 0, 16, 1}, HfQuantization{HfQuantization::Method::Gptq, 0, 0, 0, 0}}) {
    auto tensors = all;
    std::deque<engine::Scaling> scalings;
    try {
      engine::join_quantized_tensors(quantization, "fuzz", tensors, scalings);
    } catch (const engine::Error& error) {
      if (!engine::is_utf8(error.what())) __builtin_trap();
      continue;
    }
    for (const auto& [name, view] : tensors) {
      if (view.scaling == nullptr) continue;
      const auto weight = view.as_tensor();
      if (weight.count() > 65536) continue;
      std::vector<float> values(static_cast<std::size_t>(weight.count()));
      engine::widen_rows(engine::portable_kernels(), weight, 0, weight.rows(), values.data());
    }
  }
}

// The file by itself: its own tokenizer and tensors, as they lie in memory.
[[maybe_unused]] void parse_gguf_file(std::string_view input) {
  const auto content = engine::parse_gguf(std::as_bytes(std::span(input)), "fuzz.gguf");
  touch_ends(content.tensors);
  // Small tensors are decoded whole: blocks of every kind with every content.
  for (const auto& [name, tensor] : content.tensors) {
    const std::size_t count = tensor.bytes.size() / block_bytes(tensor.dtype) * block_elements(tensor.dtype);
    if (!is_quantised(tensor.dtype) || count > 65536) continue;
    std::vector<float> values(count);
    engine::portable_kernels().rows_of(tensor.dtype).widen(tensor.bytes.data(), count, values.data());
  }
  const engine::TokenizerData data = engine::read_gguf_tokenizer(content.metadata, "fuzz");
  if (!data.present) return;
  const auto tokenizer = engine::Tokenizer::create(data);
  const auto ids = tokenizer->encode("Hello 你好 <|user|> 123", true);
  if (!engine::is_utf8(tokenizer->decode(ids, false))) __builtin_trap();
}

[[maybe_unused]] void parse_config_json(std::string_view input) {
  const auto json = engine::Json::parse(input, "config.json");
  if (!json.is_object()) return;
  engine::read_hf_quantization(json);
  engine::read_generation_config(json, engine::read_hf_config(json));
}

[[maybe_unused]] void make_tokenizer_of_model(std::string_view input) {
  engine::TokenizerData data;
  data.present = true;
  data.folder = "fuzz";
  data.sentencepiece_model = input;
  const auto tokenizer = engine::Tokenizer::create(data);
  // The model's own bytes are the text that reaches most of its pieces.
  const auto ids = tokenizer->encode(input.substr(0, 4096), true);
  tokenizer->encode("Hello 你好 <|end_of_sentence|> 123", false);
  if (!engine::is_utf8(tokenizer->decode(ids, false))) __builtin_trap();
}

[[maybe_unused]] void make_tokenizer_of_json(std::string_view input) {
  engine::TokenizerData data;
  data.present = true;
  data.added_tokens = engine::read_tokenizer_json(engine::Json::parse(input, "tokenizer.json"), data.bpe);
  const auto tokenizer = engine::Tokenizer::create(data);
  const auto ids = tokenizer->encode(input.substr(0, 256), true);
  tokenizer->encode("Hello 你好 <|user|> 123", false);
  if (!engine::is_utf8(tokenizer->decode(ids, false))) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  try {
    SOTTO_FUZZED({reinterpret_cast<const char*>(bytes), size});
  } catch (const engine::Error& error) {
    if (!engine::is_utf8(error.what())) __builtin_trap();
  }
  return 0;
}
