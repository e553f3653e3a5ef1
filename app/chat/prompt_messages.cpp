#include "app/chat/prompt_messages.h"

#include <algorithm>

namespace app {

namespace {

std::vector<std::int32_t> idsFor(const engine::ModelInfo& model, const Message& message) {
  if (message.modelName.toStdString() != model.name) return {};
  return {message.tokenIds.begin(), message.tokenIds.end()};
}

}  // namespace

std::vector<PromptMessage> promptMessages(const engine::ModelInfo& model, const QList<Message>& messages) {
  std::vector<PromptMessage> prompt;
  prompt.reserve(static_cast<std::size_t>(messages.size()));
  for (const Message& message : messages) {
    PromptMessage& added = prompt.emplace_back();
    added.role = message.role == MessageRole::User     ? "user"
                 : message.role == MessageRole::System ? "system"
                                                       : "assistant";
    added.content = message.text.toStdString();
    added.ids = idsFor(model, message);
  }
  return prompt;
}

std::vector<PromptMessage> promptMessages(const engine::ModelInfo& model, const QList<Message>& messages,
                                          const PromptChoice& choice) {
  std::vector<PromptMessage> all = promptMessages(model, messages);
  const QString system = choice.systemPrompt.value_or(QString());
  if (!system.isEmpty()) all.insert(all.begin(), {"system", system.toStdString(), {}});
  return all;
}

ChatTemplate chosenTemplate(const ChatTemplate& own, const PromptChoice& choice) {
  return choice.chatTemplate ? ChatTemplate{choice.chatTemplate->toStdString(), false, "edited chat template"} : own;
}

engine::PromptPiece openPiece(const engine::ModelInfo& model, const Message& reply) {
  engine::PromptPiece piece;
  piece.text = reply.text.toStdString();
  piece.ids = idsFor(model, reply);
  const std::vector<std::int32_t>& ends = model.eos_token_ids;
  while (!piece.ids.empty() && std::ranges::find(ends, piece.ids.back()) != ends.end()) piece.ids.pop_back();
  return piece;
}

}  // namespace app
