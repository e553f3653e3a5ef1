#include "engine/quantize/gguf_export.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/formats/gguf_files.h"
#include "engine/generation/model_defaults.h"
#include "engine/quantize/gguf_config.h"
#include "engine/quantize/source_rows.h"

namespace engine {

namespace {

using Part = ExportTensor::Part;

// Collects the tensors of a folder under GGUF's names, each checked against the shape that the config asks for.
class FolderExport {
 public:
  FolderExport(const ModelSource& source, GgufExport& result)
      : source_(source), config_(source.config()), result_(result) {}

  void add_all() {
    const std::int64_t hidden = config_.hidden_size;
    put("token_embd.weight", {whole("model.embed_tokens.weight", {config_.vocab_size, hidden})}, TensorRole::Embedding);
    for (std::int64_t i = 0; i < config_.num_layers; ++i) {
      hf_ = "model.layers." + std::to_string(i) + ".";
      gguf_ = "blk." + std::to_string(i) + ".";
      add_attention();
      if (config_.architecture == "glm4") {
        add_glm_mlp();
      } else if (config_.moe.has_experts(i)) {
        add_experts();
      } else {
        add_mlp("mlp.", "", config_.intermediate_size);
      }
    }
    hf_.clear();
    gguf_.clear();
    vector("output_norm.weight", "model.norm.weight", hidden);
    if (!config_.tie_word_embeddings) {
      put("output.weight", {whole("lm_head.weight", {config_.vocab_size, hidden})}, TensorRole::Embedding);
    }
  }

  void add_factors(std::vector<RopeFactors> factors) {
    for (RopeFactors& one : factors) {
      result_.numbers.push_back(std::move(one.numbers));
      const std::vector<float>& numbers = result_.numbers.back();
      const auto count = static_cast<std::int64_t>(numbers.size());
      const TensorView view{one.name, DType::F32, {count}, std::as_bytes(std::span(numbers))};
      result_.tensors.push_back({one.name, {count}, TensorRole::Vector, {{view, 0, 1}}});
    }
  }

 private:
  [[noreturn]] void corrupt(const std::string& what) const {
    throw Error(ErrorCode::CorruptFile, source_.path().string() + ": the tensor " + what);
  }

  // A tensor of the layer at hand, of exactly this shape.
  Part whole(const std::string& name, const Shape& shape) const {
    const TensorView* view = source_.find(hf_ + name);
    if (view == nullptr)
      corrupt(in_quotes(hf_ + name, 200) + " that this model needs is missing; download the model again.");
    if (view->shape != shape) {
      corrupt(in_quotes(view->name, 200) + " has shape " + to_string(view->shape) +
              ", but the model's configuration asks for " + to_string(shape) + ".");
    }
    if (!can_decode(view->dtype)) {
      throw Error(ErrorCode::UnsupportedModel, source_.path().string() + ": the tensor " + in_quotes(view->name, 200) +
                                                   " is of type " + std::string(name_of(view->dtype)) +
                                                   "; weights can be F32, F16, BF16, F64, FP8, GPTQ or quantised as in GGUF.");
    }
    return {*view, 0, std::accumulate(shape.begin(), shape.end() - 1, std::int64_t{1}, std::multiplies<>())};
  }

  void put(const std::string& name, std::vector<Part> parts, TensorRole role, Shape shape = {}) {
    if (shape.empty()) shape = parts.front().view.shape;
    result_.tensors.push_back({gguf_ + name, std::move(shape), role, std::move(parts)});
  }
  void matrix(const std::string& name, const std::string& hf, std::int64_t rows, std::int64_t row_length) {
    put(name + ".weight", {whole(hf + ".weight", {rows, row_length})}, TensorRole::Matrix);
  }
  void vector(const std::string& name, const std::string& hf, std::int64_t length) {
    put(name, {whole(hf, {length})}, TensorRole::Vector);
  }
  void norm(const std::string& name, const std::string& hf) {
    vector(name + ".weight", hf + ".weight", config_.hidden_size);
  }

  void add_attention() {
    const std::int64_t hidden = config_.hidden_size;
    const std::int64_t q_width = config_.num_heads * config_.head_dim,
                       kv_width = config_.num_kv_heads * config_.head_dim;
    norm("attn_norm", "input_layernorm");
    for (const auto& [name, hf, width] :
         {std::tuple("attn_q", "q_proj", q_width), std::tuple("attn_k", "k_proj", kv_width),
          std::tuple("attn_v", "v_proj", kv_width)}) {
      const std::string projection = std::string("self_attn.") + hf;
      matrix(name, projection, width, hidden);
      if (config_.attention_bias) vector(std::string(name) + ".bias", projection + ".bias", width);
    }
    matrix("attn_output", "self_attn.o_proj", hidden, q_width);
    norm("ffn_norm", "post_attention_layernorm");
  }

  void add_glm_mlp() {
    norm("post_attention_norm", "post_self_attn_layernorm");
    matrix("ffn_up", "mlp.gate_up_proj", 2 * config_.intermediate_size, config_.hidden_size);  // gate rows first
    matrix("ffn_down", "mlp.down_proj", config_.hidden_size, config_.intermediate_size);
    norm("post_ffw_norm", "post_mlp_layernorm");
  }

  void add_mlp(const std::string& hf, const std::string& ending, std::int64_t width) {
    matrix("ffn_gate" + ending, hf + "gate_proj", width, config_.hidden_size);
    matrix("ffn_up" + ending, hf + "up_proj", width, config_.hidden_size);
    matrix("ffn_down" + ending, hf + "down_proj", config_.hidden_size, width);
  }

  void add_experts() {
    const MoeConfig& moe = config_.moe;
    const std::int64_t hidden = config_.hidden_size, width = moe.intermediate_size, count = moe.num_experts;
    put("ffn_gate_inp.weight", {whole("mlp.gate.weight", {count, hidden})}, TensorRole::Vector);
    const std::string statics = "moe_statics.e_score_correction_bias";  // below the router in files of transformers 5
    const TensorView* lower = source_.find(hf_ + "mlp.gate." + statics);
    const std::string bias = lower != nullptr ? "mlp.gate." + statics : "mlp." + statics;
    const TensorView* found = source_.find(hf_ + bias);
    const bool flat = found != nullptr && found->shape.size() == 1;
    Part part = whole(bias, flat ? Shape{count} : Shape{1, count});
    put("exp_probs_b.bias", {part}, TensorRole::Vector, {count});
    put("ffn_gate_exps.weight", experts("gate_proj", 0, width, hidden), TensorRole::Matrix, {count, width, hidden});
    put("ffn_up_exps.weight", experts("up_proj", width, width, hidden), TensorRole::Matrix, {count, width, hidden});
    put("ffn_down_exps.weight", experts("down_proj", 0, hidden, width), TensorRole::Matrix, {count, hidden, width});
    if (moe.shared_intermediate_size > 0) add_mlp("mlp.shared_experts.", "_shexp", moe.shared_intermediate_size);
  }

  // One matrix of every expert: each a tensor of its own, or rows of a stack, gate and up maybe in one with gate first.
  std::vector<Part> experts(const std::string& name, std::int64_t row_in_fused, std::int64_t rows,
                            std::int64_t row_length) {
    const std::string stem = "mlp.experts.";
    const std::int64_t count = config_.moe.num_experts;
    const bool fused = source_.find(hf_ + stem + "gate_up_proj") != nullptr;
    if (fused && name == "down_proj") return {whole(stem + name, {count, rows, row_length})};
    std::vector<Part> parts;
    for (std::int64_t j = 0; j < count; ++j) {
      if (fused) {
        Part part = whole(stem + "gate_up_proj", {count, 2 * rows, row_length});
        part.first_row = 2 * rows * j + row_in_fused;
        part.rows = rows;
        parts.push_back(std::move(part));
      } else {
        parts.push_back(whole(stem + std::to_string(j) + "." + name + ".weight", {rows, row_length}));
      }
    }
    return parts;
  }

  const ModelSource& source_;
  const ModelConfig& config_;
  GgufExport& result_;
  std::string hf_, gguf_;  // what names of the layer at hand begin with
};

std::string name_of_folder(const std::filesystem::path& folder) {
  const std::filesystem::path whole = std::filesystem::absolute(folder).lexically_normal();
  return replace_invalid_utf8((whole.has_filename() ? whole : whole.parent_path()).filename().string());
}

void export_folder(const ModelSource& source, GgufExport& result) {
  const std::string where = shown_name(source.path() / "config.json");
  const TokenizerData& data = source.tokenizer_data();
  std::unique_ptr<Tokenizer> tokenizer;
  if (data.present) tokenizer = Tokenizer::create(data);
  std::vector<RopeFactors> factors = add_config(source.config(), where, result.keys, result.warnings);
  result.keys.add("general.type", "model");
  result.keys.add("general.name", name_of_folder(source.path()));
  add_vocabulary(data, tokenizer.get(), source.config().vocab_size, result.keys, result.warnings);
  const auto ends = end_of_sequence_ids(source.config(), source.generation_defaults(), data, tokenizer.get());
  add_end_tokens(data, tokenizer.get(), ends, result.keys, result.warnings);
  if (!source.chat_template().empty()) result.keys.add("tokenizer.chat_template", source.chat_template());
  FolderExport folder(source, result);
  folder.add_factors(std::move(factors));
  folder.add_all();
}

TensorRole role_of(const TensorView& tensor) {
  const std::string_view name = tensor.name;
  if (!can_decode(tensor.dtype)) return TensorRole::Kept;
  if (name == "token_embd.weight" || name == "output.weight") return TensorRole::Embedding;
  const bool small = tensor.shape.size() < 2 || name.ends_with(".bias") || name.ends_with("norm.weight") ||
                     name.ends_with("ffn_gate_inp.weight") || name.starts_with("rope_");
  return small ? TensorRole::Vector : TensorRole::Matrix;
}

void export_gguf(const GgufFiles& files, GgufExport& result) {
  std::vector<const GgufValue*> values;  // in the order of the file
  for (const auto& [key, value] : files.metadata().values()) values.push_back(&value);
  std::sort(values.begin(), values.end(),
            [](const GgufValue* a, const GgufValue* b) { return std::less<>()(a->bytes().data(), b->bytes().data()); });
  for (const GgufValue* value : values) {
    const std::string_view key = value->key();
    const bool of_this_file = key == "general.file_type" || key == "general.quantization_version" ||
                              key == "general.alignment" || key.starts_with("split.") ||
                              key.starts_with("quantize.imatrix.");
    if (!of_this_file) result.keys.add(key, *value);
  }
  const auto place_of = [&files](const TensorView& tensor) {
    std::size_t part = 0;
    for (const FileView& file : files.files()) {
      const std::span<const std::byte> bytes = file.bytes();
      const auto* const data = tensor.bytes.data();
      if (!std::less<>()(data, bytes.data()) && !std::less<>()(bytes.data() + bytes.size(), data)) break;
      ++part;
    }
    return std::pair(part, tensor.bytes.data());
  };
  std::vector<const TensorView*> tensors;
  for (const auto& [name, tensor] : files.tensors()) tensors.push_back(&tensor);
  std::sort(tensors.begin(), tensors.end(),
            [&](const TensorView* a, const TensorView* b) { return place_of(*a) < place_of(*b); });
  for (const TensorView* tensor : tensors) {
    const std::int64_t rows =
        std::accumulate(tensor->shape.begin(), tensor->shape.end() - 1, std::int64_t{1}, std::multiplies<>());
    result.tensors.push_back({tensor->name, tensor->shape, role_of(*tensor), {{*tensor, 0, rows}}});
  }
}

}  // namespace

GgufExport plan_gguf_export(const ModelSource& source) {
  GgufExport result;
  if (const GgufFiles* files = source.gguf_files()) {
    export_gguf(*files, result);
  } else {
    export_folder(source, result);
  }
  return result;
}

}  // namespace engine
