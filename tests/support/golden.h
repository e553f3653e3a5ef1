#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/formats/safetensors.h"
#include "tests/support/fixtures.h"

namespace tests {

/// e_max that float32 arithmetic is held to: fixtures/tolerances.json, float32_arithmetic and hidden_states_float32.
constexpr double kFloat32 = 1e-3;

/// One prompt of a golden file: what follows it greedily, and what follows a second turn.
struct GoldenCase {
  std::string name;
  std::vector<std::int32_t> ids, greedy, turn_ids, turn_greedy;
};

/// What the reference computes for one model of the fixtures.
class Golden {
 public:
  explicit Golden(const std::string& model)
      : folder(tests::any_fixture("models/" + model)),
        files_(engine::SafetensorsFiles::open_file(tests::any_fixture("logits/" + model + ".safetensors"))) {
    const auto json = nlohmann::json::parse(tests::read_bytes(tests::any_fixture("logits/" + model + ".json")));
    for (const auto& entry : json.at("cases")) {
      cases.push_back({entry.at("name"), entry.at("ids"), entry.at("greedy"), entry.at("turn_ids"),
                       entry.at("turn_greedy")});
    }
  }
  bool has(const std::string& name) const { return files_.tensors().contains(name); }
  std::vector<float> tensor(const std::string& name) const {
    const engine::TensorView& view = files_.tensors().at(name);
    std::vector<float> values(view.bytes.size() / sizeof(float));
    std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
    return values;
  }
  std::vector<std::int64_t> integers(const std::string& name) const {
    const engine::TensorView& view = files_.tensors().at(name);
    std::vector<std::int64_t> values(view.bytes.size() / sizeof(std::int64_t));
    std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
    return values;
  }
  const GoldenCase& longest() const { return cases.back(); }

  std::filesystem::path folder;
  std::vector<GoldenCase> cases;

 private:
  engine::SafetensorsFiles files_;
};

/// The last `count` values, or all where there are fewer.
inline std::span<const float> last(const std::vector<float>& values, std::size_t count) {
  return std::span(values).last(std::min(count, values.size()));
}

}  // namespace tests
