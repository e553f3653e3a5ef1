#pragma once

#include <QList>
#include <QString>
#include <functional>
#include <memory>

#include "app/chat/prompt_choice.h"
#include "app/chat/prompt_preview.h"
#include "app/chat/sampling_choice.h"
#include "app/history/history_values.h"
#include "app/prompt/prompt.h"
#include "engine/types.h"

namespace engine {
class Engine;
}

namespace app {

class ReplyBuffer;

/// A model that this program runs, with all that is needed to ask it. Immutable but for the engine, which takes calls from
/// any thread. The functions render and tokenize: a pool's work, not the UI thread's.
struct LocalModel {
  std::shared_ptr<engine::Engine> engine;
  engine::ModelInfo info;
  ChatTemplate chatTemplate;

  /// Reads a model's weights; `title` is its name where its path does not tell it. Blocks until it can answer. Null:
  /// `progress` said to stop. Throws engine::Error.
  static std::shared_ptr<const LocalModel> load(const QString& path, const QString& title,
                                                const engine::LoadProgress& progress);

  QString device() const;  ///< "CPU, 2 threads, AVX2"
  QString memory() const;  ///< "1.2 GB of memory"

  /// Has the reply to `messages` written, or `continued` written on where that has a text; what comes of it, a failure
  /// too, goes to `buffer`.
  void generate(const QList<Message>& messages, const Message& continued, const PromptChoice& prompt,
                const SamplingChoice& sampling, qint64 conversationId, const std::shared_ptr<ReplyBuffer>& buffer) const;
  /// Tokens of a text, or of a conversation as the model would read it; -1 where it cannot be told.
  int countTokens(const QString& text) const;
  int countTokens(const QList<Message>& messages, const PromptChoice& prompt) const;
  /// What the model would be given.
  PromptPreview preview(const QList<Message>& messages, const PromptChoice& prompt) const;
};

}  // namespace app
