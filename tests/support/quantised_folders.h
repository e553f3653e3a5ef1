#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "engine/backends/cpu/kernels/kernel_table.h"
#include "engine/backends/cpu/weight_rows.h"
#include "engine/formats/model_source.h"
#include "tests/support/fixtures.h"

namespace tests {

/// The model folders of fixtures/quantised_hf, with what the reference says of each.
inline nlohmann::json folders() {
  return nlohmann::json::parse(tests::read_bytes(tests::fixture("quantised_hf/index.json")));
}

/// What a weight's numbers and scales stand for.
inline std::vector<float> decoded(const engine::TensorView& view, engine::IsaChoice isa) {
  const engine::Tensor weight = view.as_tensor();
  std::vector<float> values(static_cast<std::size_t>(weight.count()));
  engine::widen_rows(engine::choose_kernels(isa), weight, 0, weight.rows(), values.data());
  return values;
}

/// The same numbers bit for bit, whatever the bits of a NaN.
inline testing::AssertionResult same(std::span<const float> actual, std::span<const float> expected) {
  if (actual.size() != expected.size()) return testing::AssertionFailure() << actual.size() << " numbers";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool nan = std::isnan(expected[i]);
    if (nan ? std::isnan(actual[i]) : std::memcmp(&actual[i], &expected[i], sizeof(float)) == 0) continue;
    return testing::AssertionFailure() << "number " << i << " is " << actual[i] << ", expected " << expected[i];
  }
  return testing::AssertionSuccess();
}

}  // namespace tests
