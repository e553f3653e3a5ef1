#include "app/prompt/template_check.h"

#include <algorithm>

#include "app/prompt/chat_context.h"
#include "app/prompt/prompt.h"
#include "templates/template.h"

namespace app {

namespace {

std::size_t place(int number) {
  return static_cast<std::size_t>(std::max(number, 0));
}

}  // namespace

TemplateCheck checkTemplate(const std::string& text, const engine::ModelInfo& model) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return {TemplateFault{"The template is empty, so the model would be given nothing.", 0, 0}, {}};
  try {
    const auto compiled = templates::Template::compile(text);
    templates::LintOptions options;
    options.named_tokens = model.named_tokens;
    options.now = localTime({});
    std::optional<templates::Template> builtIn;
    if (const BuiltinTemplate* family = familyTemplate(model)) {
      builtIn = templates::Template::compile(family->text);
      options.built_in = &*builtIn;
      options.built_in_name = std::string(family->name);
    }
    return {std::nullopt, templates::lint(compiled, options)};
  } catch (const templates::TemplateError& error) {
    return {TemplateFault{error.message(), place(error.line()), place(error.column())}, {}};
  }
}

}  // namespace app
