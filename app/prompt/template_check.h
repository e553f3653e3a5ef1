#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/types.h"
#include "templates/lint.h"

namespace app {

/// Where and why a text is no chat template.
struct TemplateFault {
  std::string sentence;
  std::size_t line = 0;    ///< from 1; 0: no line
  std::size_t column = 0;  ///< in characters, from 1
};

struct TemplateCheck {
  std::optional<TemplateFault> fault;
  std::vector<templates::Finding> findings;  ///< of a template without a fault
};

/// Compiles a template and looks it over for `model`, beside the built-in one of its family. Any thread; carries no
/// error. Cost as templates::lint: a few milliseconds as a rule, bounded for hostile texts.
TemplateCheck checkTemplate(const std::string& text, const engine::ModelInfo& model);

}  // namespace app
