#include "app/cli/loaded_model.h"

namespace app::cli {

LoadedModel loadModel(const std::filesystem::path& path, const engine::EngineOptions& options,
                      const std::atomic<bool>& stop) {
  LoadedModel loaded;
  loaded.source = engine::ModelSource::open(path);
  loaded.backend = engine::create_backend(options);
  loaded.model =
      engine::create_model(*loaded.source, *loaded.backend, options, [&stop](double) { return !stop.load(); });
  return loaded;
}

std::string_view nameOf(engine::KvType type) {
  switch (type) {
    case engine::KvType::Auto:
      return "auto";
    case engine::KvType::F32:
      return "f32";
    case engine::KvType::F16:
      return "f16";
    case engine::KvType::Q8_0:
      return "q8_0";
    case engine::KvType::BF16:
      return "bf16";
  }
  return "unknown";
}

}  // namespace app::cli
