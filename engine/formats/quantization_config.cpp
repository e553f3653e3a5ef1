#include "engine/formats/quantization_config.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/formats/config_limits.h"

namespace engine {

namespace {

// What methods are in words, for people who got such a folder. Methods that are not here are named as they are.
struct Explanation {
  std::string_view method, words;
};
constexpr std::array kExplanations = {
    Explanation{"awq", "4-bit integers of AWQ"},
    Explanation{"bitsandbytes", "NF4, FP4 or 8-bit integers of bitsandbytes"},
    Explanation{"hqq", "half-quadratic quantisation"},
    Explanation{"eetq", "8-bit integers of EETQ"},
    Explanation{"quark", "AMD Quark"},
    Explanation{"torchao", "PyTorch's torchao"},
    Explanation{"mxfp4", "blocks of 4-bit floats (MXFP4)"},
    Explanation{"fbgemm_fp8", "FP8 of FBGEMM"},
    Explanation{"modelopt", "NVIDIA ModelOpt"},
    Explanation{"auto-round", "AutoRound"},
    Explanation{"intel/auto-round", "AutoRound"},
    Explanation{"quanto", "Quanto"},
    Explanation{"aqlm", "AQLM"},
    Explanation{"bitnet", "BitNet"},
};

[[noreturn]] void unsupported(const std::string& what) {
  throw Error(ErrorCode::UnsupportedModel,
              what + "; get the same model in bf16, or as a GGUF file such as Q8_0 or Q4_K_M.");
}

[[noreturn]] void unsupported_method(const Json& quantization, std::string_view method) {
  std::string words;
  for (const Explanation& explanation : kExplanations) {
    if (explanation.method == method) words = " (" + std::string(explanation.words) + ")";
  }
  unsupported(quantization.where() + " names the method " + in_quotes(method) + words +
              ", which this version of Sotto does not read");
}

// Sets the size of the blocks that share a scale; all groups of layers must have the same.
void set_block(HfQuantization& result, const Json& place, std::int64_t rows, std::int64_t columns) {
  const bool other = result.block_rows != 0 && (result.block_rows != rows || result.block_columns != columns);
  if (other)
    unsupported(place.where() + " gives layers blocks of different sizes, which this version of Sotto does not read");
  result.block_rows = rows;
  result.block_columns = columns;
}

// [128, 128], or the text "128x128".
void read_block(HfQuantization& result, const Json& block) {
  std::array<std::int64_t, 2> sizes{};
  if (block.is_string()) {
    const std::string& text = block.as_string();
    const char* const end = text.data() + text.size();
    const auto [cross, error] = std::from_chars(text.data(), end, sizes[0]);
    if (error != std::errc() || cross == end || *cross != 'x') block.refuse("two sizes such as \"128x128\"");
    const auto [last, second_error] = std::from_chars(cross + 1, end, sizes[1]);
    const bool sound = second_error == std::errc() && last == end && sizes[0] >= 1 && sizes[0] <= kMaxWidth &&
                       sizes[1] >= 1 && sizes[1] <= kMaxWidth;
    if (!sound) block.refuse("two sizes such as \"128x128\"");
  } else {
    const auto elements = block.elements();
    if (elements.size() != 2) block.refuse("two sizes such as [128, 128]");
    sizes = {elements[0].as_integer(1, kMaxWidth), elements[1].as_integer(1, kMaxWidth)};
  }
  set_block(result, block, sizes[0], sizes[1]);
}

HfQuantization read_fp8(const Json& quantization) {
  HfQuantization result;
  result.method = HfQuantization::Method::Fp8;
  if (const auto block = quantization.find("weight_block_size")) {
    read_block(result, *block);
  } else {
    set_block(result, quantization, 128, 128);  // transformers' own default (FineGrainedFP8Config)
  }
  return result;
}

// "float-quantized" in newer files, "naive-quantized" in older ones: the same tensors.
void check_format(const Json& format) {
  const std::string& name = format.as_string();
  if (name == "float-quantized" || name == "naive-quantized") return;
  unsupported(format.where() + " is " + in_quotes(name) +
              "; of compressed-tensors this version of Sotto reads \"float-quantized\" with 8 bits only");
}

void read_compressed_weights(HfQuantization& result, const Json& weights) {
  const std::int64_t bits = weights.at("num_bits").as_integer();
  const std::string type = weights.find_string("type").value_or("int");
  if (bits != 8 || type != "float" || !weights.find_bool("symmetric").value_or(true)) {
    unsupported(weights.where() + " are numbers of " + std::to_string(bits) + " bits and of type " + in_quotes(type) +
                "; of compressed-tensors this version of Sotto reads symmetric floats of 8 bits only");
  }
  const std::string strategy = weights.find_string("strategy").value_or("tensor");
  if (strategy == "block") {
    read_block(result, weights.at("block_structure"));
  } else if (strategy == "group") {
    set_block(result, weights, 1, weights.at("group_size").as_integer(1, kMaxWidth));
  } else if (strategy != "tensor" && strategy != "channel") {
    unsupported(weights.where() + " have the strategy " + in_quotes(strategy) +
                "; this version of Sotto reads \"tensor\", \"channel\", \"group\" and \"block\"");
  }
}

HfQuantization read_compressed_tensors(const Json& quantization) {
  HfQuantization result;
  if (const auto sparsity = quantization.find("sparsity_config")) {
    const auto format = sparsity->find_string("format").value_or("dense");
    if (format != "dense") {
      unsupported(sparsity->where() + " names the format " + in_quotes(format) +
                  ", which this version of Sotto does not read");
    }
  }
  const auto format = quantization.find("format");
  if (format && format->as_string() == "dense") return result;
  if (format) check_format(*format);
  result.method = HfQuantization::Method::Fp8;
  for (const auto& [name, group] : quantization.at("config_groups").members()) {
    if (const auto own = group.find("format")) check_format(*own);
    if (const auto weights = group.find("weights")) read_compressed_weights(result, *weights);
  }
  return result;
}

// Layers that GPTQModel treats in another way: the tensors tell their groups, but not their bits.
void check_dynamic_bits(const Json& dynamic) {
  for (const auto& [pattern, layer] : dynamic.members()) {
    if (!layer.is_object()) continue;
    if (const auto bits = layer.find("bits"); bits && bits->as_integer() != 4) {
      unsupported(bits->where() + " is " + bits->found() + "; this version of Sotto reads GPTQ with 4 bits only");
    }
  }
}

HfQuantization read_gptq(const Json& quantization) {
  HfQuantization result;
  result.method = HfQuantization::Method::Gptq;
  const Json bits = quantization.at("bits");
  if (bits.as_integer() != 4) {
    unsupported(bits.where() + " is " + bits.found() + "; this version of Sotto reads GPTQ with 4 bits only");
  }
  if (const auto dynamic = quantization.find("dynamic"); dynamic && dynamic->is_object()) check_dynamic_bits(*dynamic);
  if (const auto size = quantization.find("group_size")) {
    const std::int64_t columns = size->as_integer(-1, kMaxWidth);
    if (columns == 0) size->refuse("-1 or a number of columns from 1 to " + std::to_string(kMaxWidth));
    result.group_size = columns == -1 ? 0 : columns;
  } else {
    result.group_size = 128;  // transformers' own default (GPTQConfig)
  }
  const std::string format = quantization.find_string("checkpoint_format").value_or("gptq");
  if (format != "gptq" && format != "gptq_v2") {
    unsupported(quantization.where() + " names the checkpoint format " + in_quotes(format) +
                "; of GPTQ this version of Sotto reads \"gptq\" and \"gptq_v2\"");
  }
  if (quantization.find_bool("is_marlin_format").value_or(false)) {
    unsupported(quantization.where() +
                " says that the weights are in Marlin's order, which this version of Sotto does not read");
  }
  result.zero_offset = format == "gptq" ? 1 : 0;  // the first version stores zero points less one
  return result;
}

}  // namespace

HfQuantization read_hf_quantization(const Json& config) {
  if (const auto mlx = config.find("quantization"); mlx && mlx->is_object()) {
    unsupported(mlx->where() +
                " says that the weights are quantised for Apple's MLX, which this version of Sotto does not read");
  }
  auto found = config.find("quantization_config");
  if (!found) found = config.find("compression_config");  // older files of compressed-tensors
  if (!found) return {};
  const Json& quantization = *found;
  const auto method = quantization.find_string("quant_method");
  if (!method) {
    if (quantization.find("dense_quant_type") || quantization.find("moe_quant_type") ||
        quantization.find("quantization")) {
      unsupported(quantization.where() +
                  " describes Paddle's own quantisation, whose layout this version of Sotto does not read");
    }
    unsupported(quantization.where() + " names no quant_method, so that the weights cannot be read");
  }
  if (*method == "fp8") return read_fp8(quantization);
  if (*method == "compressed-tensors") return read_compressed_tensors(quantization);
  if (*method == "gptq") return read_gptq(quantization);
  unsupported_method(quantization, *method);
}

}  // namespace engine
