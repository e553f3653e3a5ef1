#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/cpu/cpu_attention.h"
#include "engine/backends/expert_rows.h"
#include "engine/backends/cpu/gemm.h"
#include "engine/backends/cpu/integer_gemm.h"
#include "engine/backends/cpu/integer_inputs.h"
#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/scaled_products.h"
#include "engine/backends/cpu/thread_team.h"

namespace engine {

/// Backend on the CPU. Weights are read where they lie; a few rows go through the dot kernels, which stream each weight
/// once, many rows through Gemm. Operations are done when they return.
class CpuBackend final : public Backend {
 public:
  /// `reason` says why the CPU was chosen. Throws Error(InvalidRequest) for a thread count below 0 or beyond 1024.
  CpuBackend(const EngineOptions& options, std::string reason);

  const BackendInfo& info() const override { return info_; }
  Tensor allocate(DType dtype, Shape shape) override { return Tensor::owned(dtype, std::move(shape)); }
  Tensor weight(DType dtype, Shape shape, std::span<const std::byte> bytes) override;
  Tensor scaled_weight(DType dtype, Shape shape, std::span<const std::byte> bytes, const Scaling& scaling,
                       std::int64_t first_row) override;
  void upload(std::span<const std::byte> from, Tensor& to) override;
  void download(const Tensor& from, std::span<std::byte> to) override;
  void synchronise() override {}

  void copy_page(const KvPool& pool, std::int64_t from, std::int64_t to) override { pool.copy_page(from, to); }
  void read_page(const KvPool& pool, std::int64_t page, std::byte* to) override { pool.copy_out(page, to); }
  void write_page(const KvPool& pool, std::int64_t page, const std::byte* from) override { pool.copy_in(page, from); }

  void set_fine_rows(std::span<const std::int64_t> rows) override { fine_rows_.assign(rows.begin(), rows.end()); }
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
  std::span<const std::int64_t> fine_rows(std::int64_t rows) const;
  std::span<const std::int64_t> all_rows(std::int64_t rows);
  std::span<const std::int64_t> fine_rows_of(const ExpertRows::Run& run);
  void multiply_by_experts(std::span<const MatrixProduct> products);
  void multiply_few_rows(std::span<const MatrixProduct> products);
  void multiply_stretch(const MatrixProduct& product, std::int64_t first, std::int64_t first_row, bool integer, int worker);
  void multiply_many_rows(std::span<const MatrixProduct> products);

  const KernelTable& kernels_;
  const IntegerKernels& integer_kernels_;
  BackendInfo info_;
  ThreadTeam team_;
  Gemm gemm_;
  CpuAttention attention_;
  ScaledProducts scaled_;
  IntegerInputs integer_inputs_;
  IntegerGemm integer_gemm_;
  bool deterministic_;
  std::vector<std::int64_t> fine_rows_;         ///< as set_fine_rows says
  std::vector<std::int64_t> all_rows_;          ///< 0, 1, 2, ..., as many as were asked for
  std::vector<std::int64_t> expert_fine_rows_;  ///< the same among the rows of each expert, one expert after the other
  std::vector<SequenceRows> rows_alone_;
  ExpertRows expert_rows_;
  std::vector<MatrixProduct> expert_products_, few_products_, integer_products_, other_products_;
  std::vector<float> products_;  ///< a chunk of products for each thread, before bias and residual
};

}  // namespace engine
