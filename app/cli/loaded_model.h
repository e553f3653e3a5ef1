#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string_view>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"
#include "engine/models/model.h"

namespace app::cli {

/// A model for the commands that run forward passes themselves. One thread.
struct LoadedModel {
  std::unique_ptr<engine::ModelSource> source;
  std::unique_ptr<engine::Backend> backend;
  std::unique_ptr<engine::Model> model;  ///< null: `stop` was seen set while loading
};

/// Throws engine::Error as engine::Engine::load does.
LoadedModel loadModel(const std::filesystem::path& path, const engine::EngineOptions& options,
                      const std::atomic<bool>& stop);

/// "f16" ...
std::string_view nameOf(engine::KvType type);

}  // namespace app::cli
