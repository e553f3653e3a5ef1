#include "tests/support/tiny_model.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <vector>

namespace tests {
namespace {

using engine::DType;

struct Named {
  std::string name;
  std::vector<std::int64_t> shape;
};

std::vector<Named> tensors_of(const TinyModel& m) {
  std::vector<Named> tensors{{"model.embed_tokens.weight", {m.vocab_size, m.hidden_size}},
                             {"model.norm.weight", {m.hidden_size}}};
  if (!m.tie_word_embeddings) tensors.push_back({"lm_head.weight", {m.vocab_size, m.hidden_size}});
  for (std::int64_t i = 0; i < m.num_layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    tensors.push_back({layer + "input_layernorm.weight", {m.hidden_size}});
    tensors.push_back({layer + "post_attention_layernorm.weight", {m.hidden_size}});
    const auto linear = [&](const std::string& name, std::int64_t out_features, std::int64_t in_features) {
      tensors.push_back({layer + name + ".weight", {out_features, in_features}});
      if (m.use_bias) tensors.push_back({layer + name + ".bias", {out_features}});
    };
    linear("self_attn.q_proj", m.num_heads * m.head_dim, m.hidden_size);
    linear("self_attn.k_proj", m.num_kv_heads * m.head_dim, m.hidden_size);
    linear("self_attn.v_proj", m.num_kv_heads * m.head_dim, m.hidden_size);
    linear("self_attn.o_proj", m.hidden_size, m.num_heads * m.head_dim);
    linear("mlp.gate_proj", m.intermediate_size, m.hidden_size);
    linear("mlp.up_proj", m.intermediate_size, m.hidden_size);
    linear("mlp.down_proj", m.hidden_size, m.intermediate_size);
  }
  std::erase_if(tensors, [&](const Named& tensor) { return tensor.name == m.skip_tensor; });
  return tensors;
}

std::size_t count_of(const Named& tensor) {
  std::size_t count = 1;
  for (const std::int64_t dim : tensor.shape) count *= static_cast<std::size_t>(dim);
  return count;
}

/// Norms lie around 1; matrices keep the size of what passes through them.
void write_values(std::ofstream& out, const Named& tensor, DType type, std::mt19937_64& random) {
  const bool norm = tensor.name.find("norm") != std::string::npos;
  const double spread = norm ? 0.2 : 1.0 / std::sqrt(static_cast<double>(tensor.shape.back()));
  std::uniform_real_distribution<double> values(-1.7 * spread, 1.7 * spread);
  for (std::size_t i = 0; i < count_of(tensor); ++i) {
    const auto value = static_cast<float>((norm ? 1.0 : 0.0) + values(random));
    const std::uint16_t half = type == DType::BF16 ? engine::f32_to_bf16(value) : engine::f32_to_f16(value);
    if (type == DType::F32) {
      out.write(reinterpret_cast<const char*>(&value), sizeof value);
    } else {
      out.write(reinterpret_cast<const char*>(&half), sizeof half);
    }
  }
}

}  // namespace

void write_tiny_model(const std::filesystem::path& folder, const TinyModel& m) {
  const nlohmann::json config{{"architectures", {"Ernie4_5ForCausalLM"}},
                              {"model_type", "ernie4_5"},
                              {"hidden_act", "silu"},
                              {"hidden_size", m.hidden_size},
                              {"num_hidden_layers", m.num_layers},
                              {"num_attention_heads", m.num_heads},
                              {"num_key_value_heads", m.num_kv_heads},
                              {"head_dim", m.head_dim},
                              {"intermediate_size", m.intermediate_size},
                              {"vocab_size", m.vocab_size},
                              {"max_position_embeddings", m.max_position_embeddings},
                              {"rms_norm_eps", 1e-5},
                              {"rope_theta", 500000.0},
                              {"tie_word_embeddings", m.tie_word_embeddings},
                              {"use_bias", m.use_bias},
                              {"bos_token_id", 1},
                              {"eos_token_id", 2}};
  std::ofstream(folder / "config.json") << config.dump(1);

  nlohmann::json header;
  std::size_t offset = 0;
  const std::vector<Named> tensors = tensors_of(m);
  for (const Named& tensor : tensors) {
    const std::size_t end = offset + count_of(tensor) * size_of(m.type);
    header[tensor.name] = {{"dtype", name_of(m.type)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  const std::string text = header.dump() + std::string(m.header_padding, ' ');
  const auto length = static_cast<std::uint64_t>(text.size());
  std::ofstream out(folder / "model.safetensors", std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out << text;
  std::mt19937_64 random(m.seed);
  for (const Named& tensor : tensors) write_values(out, tensor, m.type, random);
  if (!out.flush()) throw std::runtime_error("cannot write a model to " + folder.string());
}

}  // namespace tests
