#include "app/history/history.h"

#include <QPromise>
#include <utility>

namespace app {

/// Puts `work(store)` at the end of the queue and returns the future of its result.
template <typename Work>
auto History::post(Work work) {
  using Result = std::invoke_result_t<Work, HistoryStore&>;
  auto promise = std::make_shared<QPromise<Result>>();
  QFuture<Result> future = promise->future();
  promise->start();
  enqueue([this, promise, work = std::move(work)] {
    try {
      if (!store_) {
        throw *openFailure_;
      }
      if constexpr (std::is_void_v<Result>) {
        work(*store_);
      } else {
        promise->addResult(work(*store_));
      }
    } catch (const HistoryError& error) {
      promise->setException(error);
    } catch (const std::exception& error) {
      promise->setException(HistoryError(HistoryErrorCode::Failed, QString::fromUtf8(error.what())));
    }
    promise->finish();
  });
  return future;
}

History::History(const QString& path) {
  // The first job: whatever is asked for later finds either a store or the reason why there is none.
  auto promise = std::make_shared<QPromise<OpenReport>>();
  opened_ = promise->future();
  promise->start();
  enqueue([this, path, promise] {
    try {
      store_.emplace(path);
      promise->addResult(store_->report());
    } catch (const HistoryError& error) {
      openFailure_ = error;
    } catch (const std::exception& error) {
      openFailure_ = HistoryError(HistoryErrorCode::Failed, QString::fromUtf8(error.what()));
    }
    if (openFailure_) {
      promise->setException(*openFailure_);
    }
    promise->finish();
  });
  thread_ = std::thread([this] { run(); });
}

History::~History() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void History::enqueue(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void History::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) {
      break;
    }
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds is freed before the next wait
    lock.lock();
  }
  lock.unlock();
  store_.reset();  // on the thread that used it
}

QFuture<Conversation> History::createConversation(const QString& title, const QString& modelPath,
                                                  const QString& modelName) {
  return post([=](HistoryStore& store) { return store.createConversation(title, modelPath, modelName); });
}

QFuture<QList<Conversation>> History::conversations() {
  return post([](HistoryStore& store) { return store.conversations(); });
}

QFuture<Conversation> History::conversation(qint64 conversationId) {
  return post([=](HistoryStore& store) { return store.conversation(conversationId); });
}

QFuture<void> History::renameConversation(qint64 conversationId, const QString& title) {
  return post([=](HistoryStore& store) { store.renameConversation(conversationId, title); });
}

QFuture<void> History::setPinned(qint64 conversationId, bool pinned) {
  return post([=](HistoryStore& store) { store.setPinned(conversationId, pinned); });
}

QFuture<void> History::setDraft(qint64 conversationId, const QString& draft) {
  return post([=](HistoryStore& store) { store.setDraft(conversationId, draft); });
}

QFuture<void> History::setConversationModel(qint64 conversationId, const QString& modelPath, const QString& modelName) {
  return post([=](HistoryStore& store) { store.setConversationModel(conversationId, modelPath, modelName); });
}

QFuture<void> History::setConversationSampling(qint64 conversationId, const QString& samplingJson) {
  return post([=](HistoryStore& store) { store.setConversationSampling(conversationId, samplingJson); });
}

QFuture<void> History::setConversationPrompt(qint64 conversationId, const QString& promptJson) {
  return post([=](HistoryStore& store) { store.setConversationPrompt(conversationId, promptJson); });
}

QFuture<void> History::deleteConversation(qint64 conversationId) {
  return post([=](HistoryStore& store) { store.deleteConversation(conversationId); });
}

QFuture<void> History::restoreConversation(qint64 conversationId) {
  return post([=](HistoryStore& store) { store.restoreConversation(conversationId); });
}

QFuture<int> History::purgeTrash(int days) {
  return post([=](HistoryStore& store) { return store.purgeTrash(days); });
}

QFuture<QList<Message>> History::path(qint64 leafId) {
  return post([=](HistoryStore& store) { return store.path(leafId); });
}

QFuture<QList<Message>> History::currentPath(qint64 conversationId) {
  return post([=](HistoryStore& store) { return store.currentPath(conversationId); });
}

QFuture<Message> History::message(qint64 messageId) {
  return post([=](HistoryStore& store) { return store.message(messageId); });
}

QFuture<Turn> History::appendTurn(qint64 conversationId, qint64 parentId, const QString& userText,
                                  const QString& modelName) {
  return post([=](HistoryStore& store) { return store.appendTurn(conversationId, parentId, userText, modelName); });
}

QFuture<Turn> History::appendReply(qint64 userMessageId, const QString& modelName) {
  return post([=](HistoryStore& store) { return store.appendReply(userMessageId, modelName); });
}

QFuture<Turn> History::editUserMessage(qint64 messageId, const QString& newText, const QString& modelName) {
  return post([=](HistoryStore& store) { return store.editUserMessage(messageId, newText, modelName); });
}

QFuture<Message> History::editReply(qint64 messageId, const QString& newText) {
  return post([=](HistoryStore& store) { return store.editReply(messageId, newText); });
}

QFuture<void> History::saveStreamingText(qint64 replyId, const QString& text, const QList<qint32>& tokenIds) {
  // Held while posting, so that the job cannot look for its text before it is there.
  const std::lock_guard lock(pendingMutex_);
  const auto waiting = pendingSaves_.find(replyId);
  if (waiting != pendingSaves_.end()) {
    waiting->text = text;
    waiting->tokenIds = tokenIds;
    return waiting->saved;
  }
  QFuture<void> saved = post([this, replyId](HistoryStore& store) {
    PendingSave save;
    {
      const std::lock_guard takeLock(pendingMutex_);
      save = pendingSaves_.take(replyId);
    }
    store.saveStreamingText(replyId, save.text, save.tokenIds);
  });
  pendingSaves_.insert(replyId, {text, tokenIds, saved});
  return saved;
}

QFuture<void> History::finishReply(qint64 replyId, const ReplyOutcome& outcome) {
  return post([=](HistoryStore& store) { store.finishReply(replyId, outcome); });
}

QFuture<void> History::setCurrentLeaf(qint64 conversationId, qint64 leafId) {
  return post([=](HistoryStore& store) { store.setCurrentLeaf(conversationId, leafId); });
}

QFuture<QList<qint64>> History::siblings(qint64 messageId) {
  return post([=](HistoryStore& store) { return store.siblings(messageId); });
}

QFuture<qint64> History::selectSibling(qint64 messageId) {
  return post([=](HistoryStore& store) { return store.selectSibling(messageId); });
}

QFuture<QList<SearchHit>> History::search(const QString& query, int limit) {
  return post([=](HistoryStore& store) { return store.search(query, limit); });
}

}  // namespace app
