#pragma once

#include <span>
#include <string_view>

namespace app {

/// A chat template that comes with the program: a file of resources/templates, embedded when the program was built.
struct BuiltinTemplate {
  std::string_view name;  ///< the file's name without its ending: "ernie-4.5"
  std::string_view text;
};

/// All of them, sorted by name. They live as long as the program.
std::span<const BuiltinTemplate> builtinTemplates();

}  // namespace app
