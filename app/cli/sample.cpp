#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/json_io.h"
#include "app/cli/settings.h"
#include "engine/formats/safetensors.h"
#include "engine/sampling/sampler.h"

namespace app::cli {

namespace {

std::vector<float> readScores(const std::filesystem::path& path) {
  const engine::SafetensorsFiles file = engine::SafetensorsFiles::open_file(path);
  const auto found = file.tensors().find("scores");
  if (found == file.tensors().end()) refuseJson(path, "the tensor scores", "there");
  const engine::TensorView& tensor = found->second;
  if (tensor.dtype != engine::DType::F32 || tensor.shape.size() != 1 || tensor.shape[0] < 1) {
    refuseJson(path, "the tensor scores", "of shape [vocab] and type F32");
  }
  std::vector<float> scores(static_cast<std::size_t>(tensor.shape[0]));
  std::memcpy(scores.data(), tensor.bytes.data(), tensor.bytes.size());
  return scores;
}

Json listOf(std::span<const float> scores) {
  Json list = Json::array();
  for (const float score : scores) list.push_back(std::isinf(score) ? Json(nullptr) : Json(score));
  return list;
}

}  // namespace

int runSample(Words words) {
  constexpr Option kOptions[] = {{"--scores"}, {"--ids"}, {"--settings"}, {"--draws"}, {"--prompt-length"}};
  const Arguments arguments(words, kOptions, 0);
  const auto ids = arguments.integers("--ids", 0, std::numeric_limits<std::int32_t>::max());
  const std::vector<std::int32_t> tokens(ids.begin(), ids.end());
  // Where the prompt ends matters to none of the processors so far: the penalty counts prompt and reply alike.
  arguments.integer("--prompt-length", 0, 0, static_cast<std::int64_t>(tokens.size()));
  engine::GenerationRequest request;
  applySettings(arguments.require("--settings"), request);
  const std::vector<float> scores = readScores(arguments.require("--scores"));

  engine::Sampler sampler(request.sampling, request.sampling.seed, {});
  Json steps = Json::array();
  std::vector<std::int32_t> drawn = {
      sampler
          .sample(scores, tokens,
                  [&steps](std::string_view processor, std::span<const float> after) {
                    steps.push_back({{"processor", processor}, {"scores", listOf(after)}});
                  })
          .id};
  printJson(steps);
  if (!arguments.has("--draws")) {
    printJson({{"token", drawn.front()}});
    return 0;
  }
  const std::int64_t draws = arguments.integer("--draws", 1, 1, 100'000'000);
  while (static_cast<std::int64_t>(drawn.size()) < draws) drawn.push_back(sampler.sample(scores, tokens).id);
  printJson({{"tokens", drawn}});
  return 0;
}

}  // namespace app::cli
