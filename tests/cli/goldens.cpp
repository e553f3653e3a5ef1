#include "tests/cli/goldens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/support/fixtures.h"

namespace tests {

using nlohmann::json;

std::string chat_model() {
  return fixture("models/ernie4_5-chat");
}

json golden_cases(const std::string& file) {
  return json::parse(read_bytes(fixture(file))).at("cases");
}

std::string comma_separated(const Ids& ids) {
  std::string text;
  for (const std::int32_t id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

std::vector<float> tensor_of(const std::filesystem::path& file, const std::string& name) {
  const std::string bytes = read_bytes(file);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  const json offsets = json::parse(bytes.substr(8, header)).at(name).at("data_offsets");
  const std::size_t begin = offsets[0], end = offsets[1];
  std::vector<float> values((end - begin) / sizeof(float));
  std::memcpy(values.data(), bytes.data() + 8 + header + begin, end - begin);
  return values;
}

double largest_error(const std::vector<float>& values, const std::vector<float>& expected) {
  EXPECT_EQ(values.size(), expected.size());
  double squares = 0, largest = 0;
  for (std::size_t i = 0; i < std::min(values.size(), expected.size()); ++i) {
    squares += static_cast<double>(expected[i]) * expected[i];
    largest = std::max(largest, std::abs(static_cast<double>(values[i]) - expected[i]));
  }
  return largest / std::sqrt(squares / static_cast<double>(expected.size()));
}

}  // namespace tests
