#pragma once

#include <QString>
#include <optional>

namespace app {

/// What a person wrote for one chat, or for all chats with one model, to make prompts with beyond the messages. A
/// value.
struct PromptChoice {
  std::optional<QString> systemPrompt;  ///< stands before all messages; empty: none, whatever else holds
  std::optional<QString> chatTemplate;  ///< in place of the model's own
  QString templateModel;  ///< the name of the model that chatTemplate was written for; another one keeps its own

  bool operator==(const PromptChoice&) const = default;
};

}  // namespace app
