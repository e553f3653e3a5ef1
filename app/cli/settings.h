#pragma once

#include <filesystem>

#include "app/cli/json_io.h"
#include "engine/types.h"

namespace app::cli {

/// Puts what a settings file says into `request`; what it does not say stays as it is. A setting that this version does
/// not apply is refused by its name (UsageError "unsupported setting: X"), unless its value is the one that means off.
/// Throws UsageError, and engine::Error(CorruptFile) for a value of the wrong kind.
void applySettings(const std::filesystem::path& file, engine::GenerationRequest& request);

}  // namespace app::cli
