#include "engine/quantize/quantize.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/progress_bar.h"

namespace app::cli {

namespace {

engine::DType typeOf(const std::string& word) {
  constexpr std::pair<std::string_view, engine::DType> kTypes[] = {{"q8_0", engine::DType::Q8_0},
                                                                   {"q4_0", engine::DType::Q4_0},
                                                                   {"q4_k", engine::DType::Q4_K},
                                                                   {"q6_k", engine::DType::Q6_K},
                                                                   {"bf16", engine::DType::BF16}};
  std::string allowed;
  for (const auto& [name, type] : kTypes) {
    if (word == name) return type;
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  throw UsageError("--type is one of " + allowed + ", not '" + word + "'");
}

std::string sizeInWords(std::uint64_t bytes) {
  const bool large = bytes >= 1'000'000'000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f %s", static_cast<double>(bytes) / (large ? 1e9 : 1e6),
                large ? "GB" : "MB");
  return text.data();
}

}  // namespace

int runQuantize(Words words, Interrupt& interrupt) {
  constexpr Option kOptions[] = {{"--type"}, {"--out"}};
  const Arguments arguments(words, kOptions);
  const std::filesystem::path model = arguments.model(), out = arguments.require("--out");
  const std::string typeName = arguments.require("--type");
  engine::QuantizeOptions options;
  options.type = typeOf(typeName);
  options.threads = arguments.engineOptions().threads;
  // By this ending models are found in folders, and a file of the model's own folder is not written over by mistake.
  if (out.extension() != ".gguf")
    throw UsageError("--out needs a file name that ends in .gguf, not '" + out.string() + "'");

  std::atomic<bool> stopped = false;
  // Stopping takes a fraction of a second; an impatient second Ctrl-C would leave an unfinished file behind.
  const Interrupt::Scope scope(
      interrupt, [&stopped] { stopped = true; }, Interrupt::Scope::Second::IsIgnored);
  ProgressBar bar(arguments.quiet());
  options.progress = [&](double share) {
    bar.show(share);
    return !stopped.load();
  };
  if (!arguments.quiet()) {
    options.warn = [](const std::string& sentence) { std::cerr << "sotto-cli: " << sentence << '\n'; };
  }
  const std::unique_ptr<engine::ModelSource> source = engine::ModelSource::open(model);
  const engine::QuantizeResult result = engine::quantize(*source, out, options);
  bar.clear();
  if (!result.finished) return kInterruptedStatus;
  if (!arguments.quiet()) {
    std::cerr << out.string() << ": " << sizeInWords(result.file_bytes) << ", " << typeName << '\n';
  }
  return 0;
}

}  // namespace app::cli
