#pragma once

#include <QList>
#include <vector>

#include "app/chat/prompt_choice.h"
#include "app/history/history_values.h"
#include "app/prompt/prompt.h"
#include "engine/types.h"

namespace app {

/// Stored messages as the prompt takes them. A reply keeps the ids that it was generated as only where `model` did it:
/// to another they mean something else. Any thread.
std::vector<PromptMessage> promptMessages(const engine::ModelInfo& model, const QList<Message>& messages);

/// The same with the person's system prompt before them, where `choice` (as it holds for the model) has one.
std::vector<PromptMessage> promptMessages(const engine::ModelInfo& model, const QList<Message>& messages,
                                          const PromptChoice& choice);

/// The person's template where `choice` has one, else `own`.
ChatTemplate chosenTemplate(const ChatTemplate& own, const PromptChoice& choice);

/// A reply as it stands, as the end of a prompt, to be written on: without the end token, should it have one. Any
/// thread.
engine::PromptPiece openPiece(const engine::ModelInfo& model, const Message& reply);

}  // namespace app
