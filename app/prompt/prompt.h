#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/prompt/builtin_templates.h"
#include "engine/types.h"

namespace app {

/// One message of a conversation, oldest first.
struct PromptMessage {
  std::string role;     ///< "system", "user" or "assistant"
  std::string content;  ///< UTF-8; of a reply the raw text, as it was generated (a leading space included)
  /// The ids that a reply was generated as (GenerationResult::ids), so that the cached keys and values fit again.
  /// Empty: the content is tokenized. Leave empty where the content was edited or cut by a stop string.
  std::vector<std::int32_t> ids;
};

/// The template that a conversation is rendered with.
struct ChatTemplate {
  std::string text;
  bool builtIn = false;  ///< true: ours for the architecture, because the model's files bring none that works
  std::string name;  ///< where it comes from, for people: "chat template of the model", "built-in template ernie-4.5"
  std::string problem = {};  ///< why the model's own is not used: one sentence; empty: it is, or there is none
};

/// The built-in template for a model of this architecture and name ("ernie4_5_moe", "ERNIE-4.5-21B-A3B-Thinking"); null:
/// there is none.
const BuiltinTemplate* familyTemplate(const engine::ModelInfo& model);

/// The model's own template, else, where it brings none or one that cannot even show one message, the built-in one of its
/// family. Throws engine::Error(UnsupportedModel) where there is neither.
ChatTemplate chooseTemplate(const engine::ModelInfo& model);

/// Why a conversation could not be rendered: one sentence, with the line of the template where one is to blame.
class PromptError : public std::runtime_error {
 public:
  PromptError(const std::string& sentence, std::size_t line) : std::runtime_error(sentence), line_(line) {}
  std::size_t line() const { return line_; }  ///< from 1; 0: no line

 private:
  std::size_t line_;
};

struct PromptOptions {
  bool addGenerationPrompt = true;  ///< end where the reply begins
  std::optional<std::int64_t> now;  ///< seconds since 1970 (UTC) for strftime_now; absent: the clock
};

/// A rendered conversation.
struct Prompt {
  std::vector<engine::PromptPiece> pieces;
  std::vector<std::size_t> omitted;  ///< messages (by index) of which the template shows nothing, to warn about
};

/// Renders `messages` for `model`: what the template wrote becomes pieces in which control tokens count, what people
/// wrote becomes pieces in which they do not, whatever was typed; replies whose text the template shows unchanged
/// become the ids they were generated as, without the end token, which is the template's to write.
/// No Qt, no state: any thread. Cost is that of compiling and rendering, bounded by the template limits.
/// Throws PromptError when the template is broken, refuses the conversation or exceeds its limits.
Prompt makePrompt(const ChatTemplate& chatTemplate, const engine::ModelInfo& model,
                  const std::vector<PromptMessage>& messages, const PromptOptions& options = {});

}  // namespace app
