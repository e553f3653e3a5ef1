#pragma once

#include <QList>
#include <vector>

#include "app/history/history_values.h"
#include "app/prompt/prompt.h"
#include "engine/types.h"

namespace app {

/// Stored messages as the prompt takes them. A reply keeps the ids that it was generated as only where `model` did it:
/// to another they mean something else. Any thread.
std::vector<PromptMessage> promptMessages(const engine::ModelInfo& model, const QList<Message>& messages);

/// A reply as it stands, as the end of a prompt, to be written on: without the end token, should it have one. Any
/// thread.
engine::PromptPiece openPiece(const engine::ModelInfo& model, const Message& reply);

}  // namespace app
