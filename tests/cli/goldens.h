#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace tests {

using Ids = std::vector<std::int32_t>;

/// The model that most commands are tried with.
std::string chat_model();

/// The cases of a file of the reference, below tests/fixtures.
nlohmann::json golden_cases(const std::string& file);

/// As options take token ids.
std::string comma_separated(const Ids& ids);

/// A float32 tensor of a safetensors file.
std::vector<float> tensor_of(const std::filesystem::path& file, const std::string& name);

/// max|a - b| / rms(b), the measure of the fixtures.
double largest_error(const std::vector<float>& values, const std::vector<float>& expected);

}  // namespace tests
