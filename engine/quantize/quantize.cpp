#include "engine/quantize/quantize.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <span>
#include <utility>
#include <vector>

#include "engine/backends/cpu/cpu_cores.h"
#include "engine/backends/cpu/thread_team.h"
#include "engine/base/error.h"
#include "engine/base/output_file.h"
#include "engine/base/utf8.h"
#include "engine/quantize/gguf_export.h"
#include "engine/quantize/source_rows.h"
#include "engine/tensor/quant_blocks.h"

namespace engine {

namespace {

// Numbers that are decoded between two writes: large enough that threads and disk are busy, small enough for memory.
constexpr std::int64_t kStretch = std::int64_t{1} << 22;
constexpr std::int64_t kGrain = std::int64_t{1} << 15;       // numbers that a thread takes at a time
constexpr std::int64_t kLongestRow = std::int64_t{1} << 24;  // far above every width; each thread holds one row
constexpr std::size_t kCopyBytes = std::size_t{16} << 20;

// llama.cpp's number for files of which most tensors have this type (llama.h, llama_ftype).
std::uint32_t file_type_of(DType type) {
  switch (type) {
    case DType::Q4_0:
      return 2;
    case DType::Q8_0:
      return 7;
    case DType::Q4_K:
      return 14;  // "small": one type throughout
    case DType::Q6_K:
      return 18;
    case DType::BF16:
      return 32;
    default:
      return 0;
  }
}

DType type_of(const ExportTensor& tensor, DType wanted) {
  const DType from = tensor.parts.front().view.dtype;
  switch (tensor.role) {
    case TensorRole::Kept:
      return from;
    case TensorRole::Vector:
      return DType::F32;
    case TensorRole::Embedding:  // blocks of the wanted type are copied: more bits would bring nothing back
      return from == wanted ? wanted : type_of_matrix(wanted, tensor.shape.back(), true);
    case TensorRole::Matrix:
      return type_of_matrix(wanted, tensor.shape.back(), false);
  }
  return wanted;
}

// The loop over all tensors of one export.
class Quantizer {
 public:
  Quantizer(const ModelSource& source, const std::filesystem::path& out, const QuantizeOptions& options)
      : source_(source),
        options_(options),
        plan_(plan_gguf_export(source)),
        path_(out),
        team_(options.threads > 0 ? options.threads : usable_cores()),
        rows_(static_cast<std::size_t>(team_.threads())) {}

  QuantizeResult run() {
    plan_.keys.add("general.file_type", file_type_of(options_.type));
    plan_.keys.add("general.quantization_version", std::uint32_t{2});
    std::vector<GgufTensor> tensors;
    for (const ExportTensor& tensor : plan_.tensors) {
      tensors.push_back({tensor.name, type_of(tensor, options_.type), tensor.shape});
    }
    const GgufLayout layout = lay_out_gguf(plan_.keys, tensors);
    total_ = layout.file_bytes;
    warn(tensors);

    OutputFile file(path_);
    file.reserve(layout.file_bytes);
    file.write_at(0, std::as_bytes(std::span(layout.header)));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      done_ = layout.offsets[i];
      if (!go_on() || !write(plan_.tensors[i], tensors[i].dtype, file)) return {};
      source_.check_files();
    }
    if (!go_on()) return {};
    file.commit();
    return {true, layout.file_bytes};
  }

 private:
  void warn(const std::vector<GgufTensor>& tensors) const {
    if (!options_.warn) return;
    for (const std::string& sentence : plan_.warnings) options_.warn(sentence);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const DType from = plan_.tensors[i].parts.front().view.dtype;
      if (!is_quantised(from) || !is_quantised(tensors[i].dtype) || from == tensors[i].dtype) continue;
      options_.warn(
          source_.path().string() + ": the weights are quantised already (" + std::string(name_of(from)) +
          "), and quantising them again loses more than quantising the original once; use that where you have it.");
      return;
    }
  }

  bool go_on() const {
    const double share = static_cast<double>(done_) / static_cast<double>(std::max<std::uint64_t>(total_, 1));
    return !options_.progress || options_.progress(std::min(share, 1.0));
  }

  // False: stopped.
  bool write(const ExportTensor& tensor, DType type, OutputFile& file) {
    const bool same = std::all_of(tensor.parts.begin(), tensor.parts.end(),
                                  [type](const ExportTensor::Part& part) { return part.view.dtype == type; });
    return same ? copy(tensor, file) : convert(tensor, type, file);
  }

  bool copy(const ExportTensor& tensor, OutputFile& file) {
    for (const ExportTensor::Part& part : tensor.parts) {
      std::span<const std::byte> left = bytes_of_rows(part.view, part.first_row, part.rows);
      while (!left.empty()) {
        const auto bytes = left.first(std::min(left.size(), kCopyBytes));
        // By way of our own memory: a source that became shorter is noticed when we read it, not when the system does.
        blocks_.assign(bytes.begin(), bytes.end());
        if (!put(blocks_, file)) return false;
        release(bytes);
        left = left.subspan(bytes.size());
      }
    }
    return true;
  }

  bool convert(const ExportTensor& tensor, DType type, OutputFile& file) {
    const std::int64_t row_length = tensor.shape.back();
    if (row_length > kLongestRow) {
      throw Error(ErrorCode::CorruptFile, source_.path().string() + ": the tensor " + in_quotes(tensor.name, 200) +
                                              " has rows of " + std::to_string(row_length) + " numbers; at most " +
                                              std::to_string(kLongestRow) + " are accepted.");
    }
    const std::size_t row_bytes = bytes_of(type, static_cast<std::size_t>(row_length));
    const std::int64_t at_once = std::max<std::int64_t>(kStretch / row_length, 1);
    for (const ExportTensor::Part& part : tensor.parts) {
      assert(row_length_of(part.view) == row_length);
      const std::int64_t together = rows_at_once(part.view.dtype);
      for (auto& rows : rows_) rows.resize(static_cast<std::size_t>(together * row_length));
      for (std::int64_t first = 0; first < part.rows; first += at_once) {
        const std::int64_t count = std::min(at_once, part.rows - first), source_row = part.first_row + first;
        blocks_.resize(static_cast<std::size_t>(count) * row_bytes);
        std::atomic<bool> fits = true;
        team_.parallel_for(0, count, std::max(kGrain / row_length, together),
                           [&](std::int64_t begin, std::int64_t end, int worker) {
                             for (std::int64_t r = begin; r < end; r += together) {
                               const auto numbers = static_cast<std::size_t>(std::min(together, end - r) * row_length);
                               const std::span<float> rows = std::span(rows_[static_cast<std::size_t>(worker)]).first(numbers);
                               decode_rows(part.view, source_row + r, std::min(together, end - r), rows);
                               if (!encode(type, rows, blocks_.data() + static_cast<std::size_t>(r) * row_bytes))
                                 fits = false;
                             }
                           });
        if (!fits) refuse_numbers(part.view, type);
        if (!put(blocks_, file)) return false;
        release(bytes_of_rows(part.view, source_row, count));
      }
    }
    return true;
  }

  // Writes behind what was written last.
  bool put(std::span<const std::byte> bytes, OutputFile& file) {
    file.write_at(done_, bytes);
    file.begin_to_store(done_, bytes.size());
    done_ += bytes.size();
    return go_on();
  }

  // Pages of the source would otherwise pile up in memory.
  static void release(std::span<const std::byte> bytes) {
    if (bytes.size() >= kCopyBytes / 16) release_pages(bytes);
  }

  [[noreturn]] void refuse_numbers(const TensorView& view, DType type) const {
    source_.check_files();
    throw Error(ErrorCode::CorruptFile, source_.path().string() + ": the tensor " + in_quotes(view.name, 200) +
                                            " has a number that is not finite or beyond 65504, which " +
                                            std::string(name_of(type)) + " cannot hold; check the file, or use bf16.");
  }

  const ModelSource& source_;
  const QuantizeOptions& options_;
  GgufExport plan_;
  const std::filesystem::path& path_;
  ThreadTeam team_;
  std::vector<std::vector<float>> rows_;  ///< scratch memory of each thread
  std::vector<std::byte> blocks_;
  std::uint64_t done_ = 0, total_ = 0;  ///< bytes of the file to be
};

}  // namespace

DType type_of_matrix(DType wanted, std::int64_t row_length, bool is_embedding) {
  if (is_embedding && block_bytes(wanted) < block_elements(wanted)) wanted = DType::Q8_0;
  const auto fits = [row_length](DType type) {
    return row_length % static_cast<std::int64_t>(block_elements(type)) == 0;
  };
  if (fits(wanted)) return wanted;
  return block_elements(wanted) > block_elements(DType::Q8_0) && fits(DType::Q8_0) ? DType::Q8_0 : DType::BF16;
}

QuantizeResult quantize(const ModelSource& source, const std::filesystem::path& out, const QuantizeOptions& options) {
  assert(can_encode(options.type));
  if (source.reads_from(out)) {
    throw Error(ErrorCode::InvalidRequest,
                "The file " + in_quotes(out.string(), 400) +
                    " is part of the model that is read; choose another name for the result.");
  }
  return Quantizer(source, out, options).run();
}

}  // namespace engine
