#pragma once

#include <QString>
#include <optional>

namespace app {

/// What a conversation's prompt is made with beyond its messages. A value.
struct PromptChoice {
  QString systemPrompt;                 ///< stands before all messages; empty: none
  std::optional<QString> chatTemplate;  ///< in place of the model's own
  QString templateModel;                ///< the name of the model that chatTemplate was written for; another one keeps its own

  bool operator==(const PromptChoice&) const = default;
};

}  // namespace app
