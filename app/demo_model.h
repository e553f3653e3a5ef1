#pragma once

#include <filesystem>
#include <optional>

namespace app {

/// The folder of the demo model that comes with the program: `../share/sotto/demo-model` beside the executable's own
/// folder, in an installation as in a build tree. Nothing where it is not there (no config.json in it). Any thread.
std::optional<std::filesystem::path> demoModelPath();

}  // namespace app
