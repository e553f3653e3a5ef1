#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "templates/template.h"

namespace app {

/// The local wall clock at `now` (seconds since 1970, UTC), or at this moment.
templates::LocalTime localTime(std::optional<std::int64_t> now);

/// A conversation that cannot be prepared for its template, or whose rendering cannot be cut where it should go on.
class ChatStepError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What transformers' apply_chat_template adds to the variables of a chat template before it renders: `tools` and
/// `documents` become none and `add_generation_prompt` false where they are absent, and a reply's reasoning gets both
/// of its names (`reasoning_content`, `thinking`) whichever of them (or `reasoning`) it came under. Throws
/// ChatStepError where `messages` is not a list of dicts.
void completeChatContext(templates::Value& context);

/// Renders as apply_chat_template does: completeChatContext() first. With `continueField` ("content" as a rule) the
/// last message is left open: the text ends with that field of it. Throws ChatStepError and templates::TemplateError.
std::string applyChatTemplate(const templates::Template& compiled, std::string_view source, templates::Value context,
                              const std::optional<std::string>& continueField, const templates::RenderOptions& options);

}  // namespace app
