#include "app/demo_model.h"

#include <system_error>

namespace app {

std::optional<std::filesystem::path> demoModelPath() {
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return std::nullopt;
  const std::filesystem::path folder = program.parent_path().parent_path() / "share" / "sotto" / "demo-model";
  if (!std::filesystem::is_regular_file(folder / "config.json", failed)) return std::nullopt;
  return folder;
}

}  // namespace app
