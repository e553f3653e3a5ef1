#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/cuda/device_memory.h"
#include "engine/backends/cuda/products.h"
#include "engine/backends/cuda/row_places.h"
#include "engine/backends/expert_rows.h"

namespace engine::cuda {

/// Backend on one NVIDIA card. Weights are copied to it when they are named; everything runs on one stream, in order, and
/// operations return before the card is done. Residual stream, scores and sums are float32 throughout. What is wrong on
/// the card shows at the next operation that waits: download, upload, synchronise, experts of many rows.
class CudaBackend final : public Backend {
 public:
  /// Card `device` in the driver's order; `reason` says why it was chosen. Throws Error(DeviceFailure).
  CudaBackend(const EngineOptions& options, int device, std::string reason);
  ~CudaBackend() override;

  const BackendInfo& info() const override { return info_; }
  Tensor allocate(DType dtype, Shape shape) override;
  Tensor weight(DType dtype, Shape shape, std::span<const std::byte> bytes) override;
  Tensor scaled_weight(DType dtype, Shape shape, std::span<const std::byte> bytes, const Scaling& scaling,
                       std::int64_t first_row) override;
  void upload(std::span<const std::byte> from, Tensor& to) override;
  void download(const Tensor& from, std::span<std::byte> to) override;
  void synchronise() override;
  void copy_page(const KvPool& pool, std::int64_t from, std::int64_t to) override;
  void read_page(const KvPool& pool, std::int64_t page, std::byte* to) override;
  void write_page(const KvPool& pool, std::int64_t page, const std::byte* from) override;

  void embed(const Tensor& table, std::span<const std::int32_t> ids, Tensor& out) override;
  void gather_rows(const Tensor& x, std::span<const std::int64_t> rows, Tensor& out) override;
  void rms_norm(const Tensor& x, const Tensor& weight, float eps, Tensor& out) override;
  void linear(const Tensor& x, std::span<const Projection> projections) override;
  void add(const Tensor& y, Tensor& x) override;
  void rotate(Tensor& x, const Tensor& cosines, const Tensor& sines) override;
  void append_kv(const KvPool& pool, std::int64_t layer, const Tensor& keys, const Tensor& values,
                 std::span<const SequenceRows> sequences) override;
  void attend(const KvPool& pool, std::int64_t layer, const Tensor& queries, std::span<const SequenceRows> sequences,
              float scale, Tensor& out) override;
  void attention_probabilities(const KvPool& pool, std::int64_t layer, const Tensor& queries,
                               const SequenceRows& sequence, float scale, std::span<float> out) override;
  void gated_silu(const Tensor& gate, const Tensor& up, Tensor& out) override;
  void choose_experts(const Tensor& logits, const Tensor& bias, float norm_min, Tensor& chosen, Tensor& weights) override;
  void experts(const Tensor& x, std::span<const ExpertWeights> experts, const Tensor& chosen, const Tensor& weights,
               const ExpertBuffers& buffers, Tensor& out) override;

 private:
  /// Where the matrices of a layer's experts begin, on the card: gate, up, down, [experts] each.
  struct ExpertTable {
    const std::uint8_t* const* gate = nullptr;
    const std::uint8_t* const* up = nullptr;
    const std::uint8_t* const* down = nullptr;
    bool alike = false;  ///< all of one storage type that multiply_experts takes
  };

  void use_card() const;
  std::byte* copy_to_card(std::span<const std::byte> bytes);
  const std::byte* shared_copy(std::span<const std::byte> bytes);
  const ExpertTable& table_of(std::span<const ExpertWeights> experts);
  void experts_by_token(const Tensor& x, std::span<const ExpertWeights> experts, const ExpertTable& table,
                        const Tensor& chosen, const Tensor& weights, const ExpertBuffers& buffers, Tensor& out);
  void experts_by_run(const Tensor& x, std::span<const ExpertWeights> experts, const Tensor& chosen, const Tensor& weights,
                      const ExpertBuffers& buffers, Tensor& out);

  int device_;
  bool deterministic_;
  cudaDeviceProp properties_;
  BackendInfo info_;
  Stream stream_;
  WeightMemory weights_;
  PinnedStaging staging_;
  std::deque<Scaling> scalings_;  ///< with pointers to the card
  /// Whole scaled weights by where the file is mapped: their parts are named one by one.
  std::map<const std::byte*, const std::byte*> copies_;
  std::map<const std::byte*, ExpertTable> tables_;  ///< by where a layer's first gate lies
  Products products_;
  RowPlaces append_places_, attend_places_;
  DeviceBuffer ids_, row_numbers_, partials_, probabilities_;
  ExpertRows expert_rows_;
};

}  // namespace engine::cuda
