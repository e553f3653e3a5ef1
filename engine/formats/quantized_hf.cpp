#include "engine/formats/quantized_hf.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tensor/tensor.h"

namespace engine {

namespace {

using Tensors = std::map<std::string, TensorView>;

// What quantises activations and caches, which are computed in float32 here.
constexpr std::array<std::string_view, 8> kUnusedScales = {
    "input_scale", "activation_scale", "output_scale", ".q_scale", ".k_scale", ".v_scale", ".kv_scale", ".prob_scale"};

// Names that only other methods use.
struct Foreign {
  std::string_view ending, words;
};
constexpr std::array kForeign = {
    Foreign{".weight_packed", "packed integers of compressed-tensors"},
    Foreign{".absmax", "bitsandbytes"},
    Foreign{".quant_map", "bitsandbytes"},
    Foreign{".quant_state.bitsandbytes__nf4", "bitsandbytes"},
    Foreign{".quant_state.bitsandbytes__fp4", "bitsandbytes"},
    Foreign{".SCB", "8-bit integers of bitsandbytes"},
    Foreign{".W_q", "half-quadratic quantisation (HQQ)"},
    Foreign{"_proj_blocks", "blocks of 4-bit floats (MXFP4)"},
    Foreign{".biases", "Apple's MLX"},
    Foreign{".quant_weight", "Paddle"},
};

// Groups of a GPTQ weight: as many as the widest matrix has in groups of 16. Decoding keeps a row of scales of each.
constexpr std::int64_t kMaxGroups = 65536;

std::int64_t blocks(std::int64_t count, std::int64_t size) {
  return (count - 1) / size + 1;
}  // count >= 1

class Joiner {
 public:
  Joiner(const HfQuantization& quantization, const std::string& folder, Tensors& tensors, std::deque<Scaling>& scalings)
      : quantization_(quantization), folder_(folder), tensors_(tensors), scalings_(scalings) {}

  void join() {
    refuse_foreign();
    drop_unused_scales();
    join_f8();
    if (quantization_.method == HfQuantization::Method::Gptq) join_gptq();
  }

 private:
  [[noreturn]] void corrupt(const std::string& tensor, const std::string& what) const {
    throw Error(ErrorCode::CorruptFile, folder_ + ": the tensor " + in_quotes(tensor, 200) + " " + what + ".");
  }
  const TensorView* find(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  void check_type(const TensorView& tensor, DType type) const {
    if (tensor.dtype == type) return;
    corrupt(tensor.name,
            "is of type " + std::string(name_of(tensor.dtype)) + ", but must be " + std::string(name_of(type)));
  }
  void check_scale_type(const TensorView& scales) const {
    if (scales.dtype == DType::F32 || scales.dtype == DType::F16 || scales.dtype == DType::BF16) return;
    corrupt(scales.name, "is of type " + std::string(name_of(scales.dtype)) + ", but scales must be F32, F16 or BF16");
  }
  void check_shape(const TensorView& tensor, const Shape& shape, const std::string& why) const {
    if (tensor.shape == shape) return;
    corrupt(tensor.name, "has shape " + to_string(tensor.shape) + ", but " + why + " asks for " + to_string(shape));
  }
  // Without elements there is nothing to scale, and a size of 0 would make the others meaningless.
  void check_not_empty(const TensorView& tensor) const {
    if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) == tensor.shape.end()) return;
    corrupt(tensor.name, "has shape " + to_string(tensor.shape) + ", which holds nothing");
  }

  void refuse_foreign() const {
    const bool gptq = quantization_.method == HfQuantization::Method::Gptq;
    for (const auto& [name, tensor] : tensors_) {
      std::string words;
      for (const Foreign& foreign : kForeign) {
        if (name.ends_with(foreign.ending)) words = foreign.words;
      }
      if (name.ends_with(".qweight") && !gptq) {
        throw Error(ErrorCode::UnsupportedModel,
                    folder_ + ": the tensor " + in_quotes(name, 200) +
                        " is of GPTQ or AWQ, but quantization_config in config.json does not name \"gptq\"; get the "
                        "config.json that belongs to these weights, or the same model in bf16 or as a GGUF file.");
      }
      if (words.empty()) continue;
      throw Error(ErrorCode::UnsupportedModel, folder_ + ": the tensor " + in_quotes(name, 200) +
                                                   " shows that the weights are quantised by " + words +
                                                   ", which this version of Sotto does not read; get the same model in "
                                                   "bf16, or as a GGUF file such as Q8_0 or Q4_K_M.");
    }
  }

  void drop_unused_scales() {
    std::erase_if(tensors_, [](const auto& entry) {
      return std::any_of(kUnusedScales.begin(), kUnusedScales.end(),
                         [&](std::string_view ending) { return entry.first.ends_with(ending); });
    });
  }

  void join_f8() {
    std::vector<std::string> scales;
    for (const auto& [name, tensor] : tensors_) {
      if (name.ends_with("_scale_inv") || name.ends_with("_scale")) scales.push_back(name);
    }
    for (const std::string& name : scales) {
      const std::string weight = name.substr(0, name.rfind("_scale"));
      const auto found = tensors_.find(weight);
      if (found == tensors_.end())
        corrupt(name, "is there without the weight " + in_quotes(weight, 200) + " that it scales");
      scale_f8(found->second, tensors_.at(name));
      tensors_.erase(name);
    }
    for (const auto& [name, tensor] : tensors_) {
      const bool f8 = tensor.dtype == DType::F8_E4M3 || tensor.dtype == DType::F8_E5M2;
      if (!f8 || tensor.scaling != nullptr) continue;
      corrupt(name, "is of type " + std::string(name_of(tensor.dtype)) + " without its scales " +
                        in_quotes(name + "_scale_inv", 200) + " or " + in_quotes(name + "_scale", 200) +
                        "; download the model again");
    }
  }

  void scale_f8(TensorView& weight, const TensorView& scales) {
    if (weight.dtype != DType::F8_E4M3 && weight.dtype != DType::F8_E5M2) {
      corrupt(weight.name, "is of type " + std::string(name_of(weight.dtype)) + ", but " + in_quotes(scales.name, 200) +
                               " scales numbers of type F8_E4M3 or F8_E5M2");
    }
    if (weight.scaling != nullptr)
      corrupt(weight.name, "has two tensors of scales, of which " + in_quotes(scales.name, 200) + " is one");
    if (weight.shape.size() != 2 && weight.shape.size() != 3) {
      corrupt(weight.name, "has shape " + to_string(weight.shape) + ", but only matrices can be FP8");
    }
    check_not_empty(weight);
    check_scale_type(scales);
    Scaling& scaling = scalings_.emplace_back();
    scaling.type = scales.dtype;
    scaling.scales = scales.bytes.data();
    scaling.bytes = scales.bytes.size();
    fit_scales(scaling, weight, scales);
    weight.scaling = &scaling;
  }

  // Which rows and columns a scale serves, by the shape of the scales.
  void fit_scales(Scaling& scaling, const TensorView& weight, const TensorView& scales) const {
    const bool stacked = weight.shape.size() == 3;
    const std::int64_t rows = weight.shape[weight.shape.size() - 2], columns = weight.shape.back();
    const auto shaped = [&](std::int64_t scale_rows, std::int64_t scale_columns) {
      return stacked ? Shape{weight.shape[0], scale_rows, scale_columns} : Shape{scale_rows, scale_columns};
    };
    const auto fit = [&](std::int64_t block_rows, std::int64_t block_columns) {
      scaling.block_rows = block_rows;
      scaling.block_columns = block_columns;
      scaling.scale_rows = blocks(rows, block_rows);
      scaling.scale_columns = blocks(columns, block_columns);
    };
    scaling.matrix_rows = rows;
    if (std::all_of(scales.shape.begin(), scales.shape.end(), [](std::int64_t dim) { return dim == 1; })) {
      // One number for all: also for all matrices of a stack, as if they were one.
      if (stacked) scaling.matrix_rows = std::numeric_limits<std::int64_t>::max();
      scaling.block_rows = std::numeric_limits<std::int64_t>::max();
      scaling.block_columns = columns;
      return;
    }
    if (stacked && scales.shape == shaped(1, 1)) return fit(rows, columns);
    if (scales.shape == shaped(rows, 1) || (!stacked && scales.shape == Shape{rows})) return fit(1, columns);
    if (quantization_.block_rows == 0) {
      corrupt(scales.name, "has shape " + to_string(scales.shape) +
                               ", which is neither one number nor one for each row of " + in_quotes(weight.name, 200) +
                               " " + to_string(weight.shape) + ", and config.json gives no size of blocks");
    }
    fit(quantization_.block_rows, quantization_.block_columns);
    check_shape(scales, shaped(scaling.scale_rows, scaling.scale_columns),
                in_quotes(weight.name, 200) + " " + to_string(weight.shape) + " in blocks of " +
                    to_string({quantization_.block_rows, quantization_.block_columns}));
  }

  void join_gptq() {
    std::vector<std::string> stems;
    for (const auto& [name, tensor] : tensors_) {
      if (name.ends_with(".qweight")) stems.push_back(name.substr(0, name.size() - 8));
    }
    for (const std::string& stem : stems) join_gptq_layer(stem);
    for (const auto& [name, tensor] : tensors_) {
      for (const std::string_view ending : {".qzeros", ".scales", ".g_idx"}) {
        if (name.ends_with(ending)) {
          const std::string weight = name.substr(0, name.size() - ending.size()) + ".qweight";
          corrupt(name, "is there without the weight " + in_quotes(weight, 200) + " that it belongs to");
        }
      }
    }
  }

  const TensorView& part(const std::string& stem, std::string_view ending) const {
    const TensorView* tensor = find(stem + std::string(ending));
    if (tensor != nullptr) return *tensor;
    corrupt(stem + std::string(ending),
            "that belongs to " + in_quotes(stem + ".qweight", 200) + " is missing; download the model again");
  }

  void join_gptq_layer(const std::string& stem) {
    const std::string name = stem + ".weight";
    if (find(name) != nullptr)
      corrupt(name, "is there beside " + in_quotes(stem + ".qweight", 200) + ", so that the weight is there twice");
    const TensorView numbers = part(stem, ".qweight");
    check_type(numbers, DType::I32);
    if (numbers.shape.size() != 2)
      corrupt(numbers.name, "has shape " + to_string(numbers.shape) + ", but must be a matrix");
    check_not_empty(numbers);
    const std::int64_t rows = numbers.shape[1],
                       columns = 8 * numbers.shape[0];  // fits: the file has rows * columns / 2 bytes
    const TensorView& zeros = part(stem, ".qzeros");
    const TensorView& scales = part(stem, ".scales");
    const TensorView* index = find(stem + ".g_idx");
    check_type(zeros, DType::I32);
    check_scale_type(scales);
    if (scales.shape.size() != 2)
      corrupt(scales.name, "has shape " + to_string(scales.shape) + ", but must be a matrix");
    check_not_empty(scales);

    Scaling& scaling = scalings_.emplace_back();
    const std::string weight = in_quotes(numbers.name, 200) + " " + to_string(numbers.shape);
    scaling.rows = rows;
    scaling.group_size = quantization_.group_size == 0 ? columns : std::min(quantization_.group_size, columns);
    scaling.groups = index == nullptr ? blocks(columns, scaling.group_size) : scales.shape[0];
    if (scaling.groups > kMaxGroups) {
      corrupt(numbers.name, "has " + std::to_string(scaling.groups) + " groups, more than the " +
                                std::to_string(kMaxGroups) + " that a weight can have");
    }
    check_shape(scales, {scaling.groups, rows},
                weight + (index == nullptr ? " in groups of " + std::to_string(scaling.group_size) : ""));
    check_shape(zeros, {scaling.groups, blocks(rows, 8)}, weight + " in " + std::to_string(scaling.groups) + " groups");
    scaling.type = scales.dtype;
    scaling.scales = scales.bytes.data();
    scaling.zeros = zeros.bytes.data();
    scaling.zero_offset = quantization_.zero_offset;
    scaling.bytes = scales.bytes.size() + zeros.bytes.size();
    if (index != nullptr) {
      check_type(*index, DType::I32);
      check_shape(*index, {columns}, weight);
      scaling.bytes += index->bytes.size();
      if (!groups_follow_each_other(*index, scaling)) scaling.group_index = index->bytes.data();
    }

    const TensorView joined{name, DType::GPTQ4, {rows, columns}, numbers.bytes, &scaling};
    for (const char* ending : {".qweight", ".qzeros", ".scales", ".g_idx"}) tensors_.erase(stem + ending);
    tensors_.emplace(name, joined);
  }

  // Checks every index; whether it is what the size of the groups says anyway.
  bool groups_follow_each_other(const TensorView& index, const Scaling& scaling) const {
    bool follow = true;
    for (std::int64_t column = 0; column < index.shape[0]; ++column) {
      std::int32_t group = 0;
      std::memcpy(&group, index.bytes.data() + static_cast<std::size_t>(column) * sizeof group, sizeof group);
      if (group < 0 || group >= scaling.groups) {
        corrupt(index.name, "puts column " + std::to_string(column) + " into group " + std::to_string(group) +
                                ", but the groups are 0 to " + std::to_string(scaling.groups - 1));
      }
      follow = follow && group == column / scaling.group_size;
    }
    return follow;
  }

  const HfQuantization& quantization_;
  const std::string& folder_;
  Tensors& tensors_;
  std::deque<Scaling>& scalings_;
};

}  // namespace

void join_quantized_tensors(const HfQuantization& quantization, const std::string& folder, Tensors& tensors,
                            std::deque<Scaling>& scalings) {
  Joiner(quantization, folder, tensors, scalings).join();
}

}  // namespace engine
