#include <QDateTime>
#include <QtConcurrent>
#include <algorithm>
#include <utility>

#include "app/chat/model_runner.h"
#include "app/chat/remote_reply.h"
#include "app/chat/reply.h"
#include "app/chat/reply_buffer.h"
#include "app/remote/remote_models.h"
#include "app/settings/settings.h"
#include "engine/engine.h"

// The other half of ModelRunner: what the model is asked.

namespace app {

// Replies

Reply* ModelRunner::generate(const Turn& turn, const SamplingChoice& sampling, const PromptChoice& prompt,
                             const Message& continued, const QString& goesTo) {
  auto* reply = new Reply(*this, turn.conversationId, turn.replyId, continued.text, continued.tokenIds);
  Asked asked{reply, turn.messages, continued, sampling, prompt, goesTo};
  connect(reply, &Reply::finished, this, &ModelRunner::replyEnded);
  if (state_ == State::Resting && !loader_.isLoading()) wake();
  if (loader_.isLoading()) {
    waiting_.push_back(std::move(asked));
  } else if (loaded_ || remote_) {
    start(asked);
  } else {
    reply->buffer_->addFailure(tr("No model is loaded."), tr("Choose one, or load the demo model, and ask again."));
  }
  return reply;
}

bool ModelRunner::isAnswering() const {
  const auto replies = findChildren<Reply*>(Qt::FindDirectChildrenOnly);
  return std::ranges::any_of(replies, [](const Reply* reply) { return !reply->ended(); });
}

/// The model was of use just now.
void ModelRunner::replyEnded() {
  if (loaded_) settings_.setModelUsed(modelPath_, QDateTime::currentDateTime());
  restLater();
}

void ModelRunner::start(const Asked& asked) {
  if (!asked.reply) return;
  if (remote_) return askRemote(asked);
  idle_.stop();
  saver_.touch(asked.reply->conversationId());
  work_.start([loaded = loaded_, buffer = asked.reply->buffer_, messages = asked.messages, continued = asked.continued,
               sampling = asked.sampling, choice = resolved(asked.prompt), conversation = asked.reply->conversationId()] {
    loaded->generate(messages, continued, choice, sampling, conversation, buffer);
  });
}

void ModelRunner::askRemote(const Asked& asked) {
  if (asked.goesTo != remote_->host()) {
    asked.reply->buffer_->addFailure(
        tr("This was not sent: it was written before %1, to which it would go, was chosen.").arg(remote_->host()),
        tr("Send it again, if it may go there."));
    return;
  }
  if (!asked.continued.text.isEmpty()) {
    asked.reply->buffer_->addFailure(tr("%1 cannot write a reply on, because its server takes whole chats only.").arg(modelName()),
                                     tr("Regenerate it instead."));
    return;
  }
  CompletionStream* stream =
      remotes_->ask(modelPath_, completionQuestion(asked.messages, resolved(asked.prompt), asked.sampling));
  asked.reply->remote_ = new RemoteReply(*stream, asked.reply->buffer_, asked.reply);
}

/// What holds for the loaded model: a chat's own first, then what was written for all chats with the model. A template
/// that was written for another model says nothing here.
PromptChoice ModelRunner::resolved(const PromptChoice& chat) const {
  PromptChoice choice = chat;
  if (choice.templateModel != modelName()) choice.chatTemplate.reset();
  const QVariantMap shared = settings_.promptOverride(modelName());
  const auto field = [&shared](const QString& name) {
    return shared.contains(name) ? std::optional(shared.value(name).toString()) : std::nullopt;
  };
  if (!choice.systemPrompt) choice.systemPrompt = field(QStringLiteral("system"));
  if (!choice.chatTemplate) choice.chatTemplate = field(QStringLiteral("template"));
  choice.templateModel = modelName();
  return choice;
}

void ModelRunner::startWaiting() {
  for (const Asked& asked : std::exchange(waiting_, {})) start(asked);
}

void ModelRunner::failWaiting(const QString& error, const QString& detail) {
  for (const Asked& asked : std::exchange(waiting_, {})) {
    if (asked.reply) asked.reply->fail(error, detail);
  }
}

void ModelRunner::cancel(Reply& reply) {
  const auto waiting = std::ranges::find_if(waiting_, [&](const Asked& asked) { return asked.reply == &reply; });
  if (waiting != waiting_.end()) {
    waiting_.erase(waiting);
    reply.cancelUnsent();
  } else if (const auto engine = reply.engine_.lock()) {
    engine->cancel(reply.request_);
  } else if (reply.remote_ && !reply.ended()) {
    reply.remote_->stop();
  }
}

/// The model goes, and what it was asked with it.
void ModelRunner::cancelReplies() {
  for (Reply* reply : findChildren<Reply*>(Qt::FindDirectChildrenOnly)) {
    if (std::ranges::none_of(waiting_, [reply](const Asked& asked) { return asked.reply == reply; })) cancel(*reply);
  }
}

void ModelRunner::updateSampling(const SamplingChoice& sampling) {
  for (Asked& asked : waiting_) asked.sampling = sampling;
  for (Reply* reply : findChildren<Reply*>(Qt::FindDirectChildrenOnly)) {
    const auto engine = reply->engine_.lock();
    if (engine && !reply->ended()) engine->update(reply->request_, sampling.params);
  }
}

// Sessions on disk

void ModelRunner::forget(qint64 conversationId) {
  if (loaded_) loaded_->engine->forget(static_cast<std::uint64_t>(conversationId));
  saver_.forget(conversationId);
}

void ModelRunner::freeze(qint64 conversationId) {
  if (loaded_) saver_.freeze(*loaded_->engine, conversationId);
}

void ModelRunner::thaw(qint64 conversationId) {
  if (loaded_) saver_.thaw(*loaded_->engine, conversationId);
}

/// Lets go of the loaded model: its replies are cancelled, what it has read is kept on disk as far as `patience` goes,
/// then its engine ends, on the loads' thread. The engine ends with the last that holds it: this job, or a prompt that is
/// still being rendered for it.
void ModelRunner::endEngine(std::chrono::milliseconds patience) {
  cancelReplies();
  const auto waitForFiles = saver_.freezeAll(*loaded_->engine);
  loader_.run([ending = std::exchange(loaded_, nullptr), waitForFiles, patience] { waitForFiles(patience); });
}

// Counting and looking

QFuture<int> ModelRunner::countTokens(const QString& text) {
  return QtConcurrent::run(&work_, [loaded = loaded_, text] { return loaded ? loaded->countTokens(text) : -1; });
}

QFuture<int> ModelRunner::countTokens(const QList<Message>& messages, const PromptChoice& prompt) {
  return QtConcurrent::run(&work_, [loaded = loaded_, messages, choice = resolved(prompt)] {
    return loaded ? loaded->countTokens(messages, choice) : -1;
  });
}

QFuture<PromptPreview> ModelRunner::preview(const QList<Message>& messages, const PromptChoice& prompt) {
  return QtConcurrent::run(&work_, [loaded = loaded_, messages, choice = resolved(prompt)] {
    return loaded ? loaded->preview(messages, choice) : PromptPreview();
  });
}

QFuture<ModelSummary> ModelRunner::summarize(const QString& path) {
  return QtConcurrent::run(&work_, [path] { return lookAtModel(path); });
}

}  // namespace app
