// The mixture-of-experts operations of CudaBackend.
#include <algorithm>
#include <cassert>
#include <string>
#include <vector>

#include "engine/backends/cuda/cuda_backend.h"
#include "engine/base/error.h"

namespace engine::cuda {
namespace {

// Tokens up to which each token's experts are computed by themselves: above, experts are shared often enough that sorting
// by expert pays for waiting until the choice is known here.
constexpr std::int64_t kFewTokens = 8;

bool alike(std::span<const ExpertWeights> experts, Tensor ExpertWeights::* matrix) {
  const Tensor& first = experts.front().*matrix;
  return first.scaling() == nullptr && std::all_of(experts.begin(), experts.end(), [&](const ExpertWeights& expert) {
           return (expert.*matrix).dtype() == first.dtype() && (expert.*matrix).shape() == first.shape();
         });
}

}  // namespace

void CudaBackend::choose_experts(const Tensor& logits, const Tensor& bias, float norm_min, Tensor& chosen, Tensor& weights) {
  assert(logits.row_length() == bias.count() && chosen.shape() == weights.shape() && chosen.rows() == logits.rows());
  use_card();
  if (bias.count() > kMostExperts || chosen.row_length() > kMostExpertsPerToken) {
    throw Error(ErrorCode::UnsupportedModel,
                "The NVIDIA card chooses up to " + std::to_string(kMostExpertsPerToken) + " of up to " +
                    std::to_string(kMostExperts) + " experts; this model has " + std::to_string(chosen.row_length()) +
                    " of " + std::to_string(bias.count()) + ". Choose the CPU");
  }
  check(launch_choose(floats(logits), floats(bias), norm_min, logits.rows(), static_cast<int>(bias.count()),
                      static_cast<int>(chosen.row_length()), reinterpret_cast<std::int32_t*>(chosen.mutable_data()),
                      mutable_floats(weights), stream_),
        "experts were chosen");
}

const CudaBackend::ExpertTable& CudaBackend::table_of(std::span<const ExpertWeights> experts) {
  const auto [place, is_new] = tables_.try_emplace(experts.front().gate.data());
  ExpertTable& table = place->second;
  if (!is_new) return table;
  table.alike = alike(experts, &ExpertWeights::gate) && alike(experts, &ExpertWeights::up) &&
                alike(experts, &ExpertWeights::down);
  if (!table.alike) return table;
  std::vector<const std::byte*> addresses;
  for (const auto matrix : {&ExpertWeights::gate, &ExpertWeights::up, &ExpertWeights::down}) {
    for (const ExpertWeights& expert : experts) addresses.push_back((expert.*matrix).data());
  }
  const std::byte* const copy = copy_to_card(std::as_bytes(std::span(addresses)));
  const auto* const on_card = reinterpret_cast<const std::uint8_t* const*>(copy);
  table.gate = on_card;
  table.up = on_card + experts.size();
  table.down = on_card + 2 * experts.size();
  return table;
}

void CudaBackend::experts(const Tensor& x, std::span<const ExpertWeights> experts, const Tensor& chosen, const Tensor& weights,
                          const ExpertBuffers& buffers, Tensor& out) {
  use_card();
  if (x.dim(0) == 0) return;
  const ExpertTable& table = table_of(experts);
  if (table.alike && (x.dim(0) <= kFewTokens || deterministic_)) {
    experts_by_token(x, experts, table, chosen, weights, buffers, out);
  } else {
    experts_by_run(x, experts, chosen, weights, buffers, out);
  }
}

void CudaBackend::experts_by_token(const Tensor& x, std::span<const ExpertWeights> experts, const ExpertTable& table,
                                   const Tensor& chosen, const Tensor& weights, const ExpertBuffers& buffers, Tensor& out) {
  constexpr const char* kWhat = "experts were computed";
  constexpr std::int64_t kTogether = 65535 / kMostExpertsPerToken;  // tokens, whose rows a grid takes
  const ExpertWeights& first = experts.front();
  const std::int64_t k = chosen.row_length(), hidden = x.row_length(), width = first.gate.rows();
  const auto* const ids = reinterpret_cast<const std::int32_t*>(chosen.data());
  float *const gate = mutable_floats(*buffers.gate), *const up = mutable_floats(*buffers.up);
  float* const rows = mutable_floats(*buffers.rows);
  for (std::int64_t t = 0; t < x.dim(0); t += kTogether) {
    const std::int64_t tokens = std::min(kTogether, x.dim(0) - t), count = tokens * k;
    const float* const from = floats(x) + t * hidden;
    check(launch_multiply_experts(weight_of(first.gate), table.gate, ids + t * k, count, from, k, gate, stream_), kWhat);
    check(launch_multiply_experts(weight_of(first.up), table.up, ids + t * k, count, from, k, up, stream_), kWhat);
    check(launch_gated_silu(gate, up, count * width, gate, stream_), kWhat);
    check(launch_multiply_experts(weight_of(first.down), table.down, ids + t * k, count, gate, 1, rows, stream_), kWhat);
    check(launch_combine(rows, nullptr, ids + t * k, floats(weights) + t * k, tokens, static_cast<int>(k), hidden,
                         mutable_floats(out) + t * hidden, stream_),
          kWhat);
  }
}

void CudaBackend::experts_by_run(const Tensor& x, std::span<const ExpertWeights> experts, const Tensor& chosen,
                                 const Tensor& weights, const ExpertBuffers& buffers, Tensor& out) {
  constexpr const char* kWhat = "experts were computed";
  const std::int64_t tokens = x.dim(0), k = chosen.row_length(), hidden = x.row_length();
  const std::int64_t width = experts.front().gate.rows();
  const auto count = static_cast<std::size_t>(tokens * k);
  std::vector<std::int32_t> ids(count);
  check(cudaMemcpyAsync(ids.data(), chosen.data(), count * sizeof(std::int32_t), cudaMemcpyDeviceToHost, stream_), kWhat);
  stream_.wait();
  // What a file's numbers lead to is checked before it becomes an address.
  for (const std::int32_t id : ids) {
    if (id < 0 || static_cast<std::size_t>(id) >= experts.size()) {
      throw Error(ErrorCode::DeviceFailure, "The NVIDIA card chose expert " + std::to_string(id) + " of " +
                                                std::to_string(experts.size()) + "; load the model again, or choose the CPU");
    }
  }
  const std::vector<float> unused(count);  // weights stay on the card
  expert_rows_.assign(ids, unused, k, static_cast<std::int64_t>(experts.size()));

  auto* const numbers = row_numbers_.reserve_as<std::int64_t>(2 * count);
  const std::size_t bytes = count * sizeof(std::int64_t);
  check(cudaMemcpyAsync(numbers, expert_rows_.token.data(), bytes, cudaMemcpyHostToDevice, stream_), kWhat);
  check(cudaMemcpyAsync(numbers + count, expert_rows_.rows_of.data(), bytes, cudaMemcpyHostToDevice, stream_), kWhat);
  float* const rows = mutable_floats(*buffers.rows);
  float *const gate = mutable_floats(*buffers.gate), *const up = mutable_floats(*buffers.up);
  check(launch_gather(floats(x), numbers, tokens * k, hidden, rows, stream_), kWhat);
  for (const ExpertRows::Run& run : expert_rows_.runs) {
    const ExpertWeights& expert = experts[static_cast<std::size_t>(run.expert)];
    const float* const from = rows + run.first * hidden;
    products_.multiply(from, run.count, {weight_of(expert.gate), nullptr, gate + run.first * width, false}, stream_);
    products_.multiply(from, run.count, {weight_of(expert.up), nullptr, up + run.first * width, false}, stream_);
  }
  check(launch_gated_silu(gate, up, tokens * k * width, gate, stream_), kWhat);
  for (const ExpertRows::Run& run : expert_rows_.runs) {  // what came in is not needed any more: results take its place
    const ExpertWeights& expert = experts[static_cast<std::size_t>(run.expert)];
    products_.multiply(gate + run.first * width, run.count,
                       {weight_of(expert.down), nullptr, rows + run.first * hidden, false}, stream_);
  }
  check(launch_combine(rows, numbers + count, reinterpret_cast<const std::int32_t*>(chosen.data()), floats(weights), tokens,
                       static_cast<int>(k), hidden, mutable_floats(out), stream_),
        kWhat);
}

}  // namespace engine::cuda
