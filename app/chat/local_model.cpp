#include "app/chat/local_model.h"

#include <QLocale>
#include <QStringList>

#include "app/chat/failure.h"
#include "app/chat/model_runner.h"
#include "app/chat/prompt_messages.h"
#include "app/chat/reply_buffer.h"
#include "app/settings/paths.h"
#include "engine/engine.h"

namespace app {

std::shared_ptr<const LocalModel> LocalModel::load(const QString& path, const QString& title,
                                                   const engine::LoadProgress& progress) {
  auto loaded = std::make_shared<LocalModel>();
  loaded->engine = engine::Engine::load(fileSystemPath(path), {}, progress);
  if (!loaded->engine) return nullptr;
  loaded->info = loaded->engine->info();
  if (!title.isEmpty()) loaded->info.name = title.toStdString();
  loaded->chatTemplate = chooseTemplate(loaded->info);
  return loaded;
}

QString LocalModel::device() const {
  QStringList parts = {QString::fromStdString(info.device)};
  if (info.threads > 0) parts << ModelRunner::tr("%n thread(s)", nullptr, info.threads);
  if (!info.isa.empty()) parts << QString::fromStdString(info.isa).toUpper();
  return parts.join(QStringLiteral(", "));
}

QString LocalModel::memory() const {
  const auto size = [](std::uint64_t bytes) { return QLocale().formattedDataSize(static_cast<qint64>(bytes)); };
  if (info.larger_than_memory) {
    return ModelRunner::tr("%1, read from disk: %2 of memory are free").arg(size(info.memory_bytes), size(info.memory_available));
  }
  return ModelRunner::tr("%1 of memory").arg(size(info.memory_bytes));
}

void LocalModel::generate(const QList<Message>& messages, const Message& continued, const PromptChoice& prompt,
                          const SamplingChoice& sampling, qint64 conversationId,
                          const std::shared_ptr<ReplyBuffer>& buffer) const {
  try {
    engine::GenerationRequest request;
    request.prompt = makePrompt(chosenTemplate(chatTemplate, prompt), info, promptMessages(info, messages, prompt)).pieces;
    if (!continued.text.isEmpty()) request.prompt.push_back(openPiece(info, continued));
    request.session = static_cast<std::uint64_t>(conversationId);
    request.sampling = sampling.params;
    request.max_new_tokens = sampling.maxNewTokens;

    if (!buffer->beginSubmit()) {
      engine::GenerationResult unsent;
      unsent.finish_reason = engine::FinishReason::Cancelled;
      buffer->addResult(unsent);
      return;
    }
    const engine::RequestId id = engine->submit(
        std::move(request), [buffer](const engine::TokenEvent& event) { buffer->addToken(event); },
        [buffer](const engine::GenerationResult& result) { buffer->addResult(result); });
    buffer->addRequest(id, engine);
  } catch (...) {
    const Failure failure = currentFailure();
    buffer->addFailure(failure.error, failure.detail);
  }
}

int LocalModel::countTokens(const QString& text) const {
  try {
    return static_cast<int>(engine->count_tokens({engine::PromptPiece{text.toStdString(), false, {}}}));
  } catch (const std::exception&) {
    return -1;
  }
}

int LocalModel::countTokens(const QList<Message>& messages, const PromptChoice& prompt) const {
  try {
    PromptOptions options;
    options.addGenerationPrompt = false;
    const Prompt made =
        makePrompt(chosenTemplate(chatTemplate, prompt), info, promptMessages(info, messages, prompt), options);
    return static_cast<int>(engine->count_tokens(made.pieces));
  } catch (const std::exception&) {
    return -1;
  }
}

PromptPreview LocalModel::preview(const QList<Message>& messages, const PromptChoice& prompt) const {
  return makePreview(chosenTemplate(chatTemplate, prompt), info, promptMessages(info, messages, prompt),
                     [this](const std::vector<engine::PromptPiece>& pieces) { return engine->tokenize_runs(pieces); });
}

}  // namespace app
