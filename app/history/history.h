#pragma once

#include <QFuture>
#include <QFutureWatcher>
#include <QHash>
#include <QObject>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "app/history/history_store.h"

namespace app {

/// HistoryStore on a thread of its own: the same verbs, answered with futures. Any thread may call; nothing blocks
/// the caller but the destructor.
///
/// Order: calls run one at a time in the order in which they were made (first in, first out), so that a read sees every
/// write asked for before it. The exception is saveStreamingText: while a save of the same reply still waits, the newer
/// text takes its place, and both callers get the same future.
///
/// Errors: each future carries HistoryError and nothing else. Where the file could not be opened, every future carries
/// that error. See whenDone below for receiving both on the UI thread.
class History {
 public:
  /// Starts the thread, which opens `path` at once (see HistoryStore).
  explicit History(const QString& path);
  /// Runs everything asked for so far (nothing written is lost), then ends the thread. Futures still held stay valid.
  ~History();

  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// What opening found; an error where the file cannot be used.
  QFuture<OpenReport> opened() const { return opened_; }

  QFuture<Conversation> createConversation(const QString& title = {}, const QString& modelPath = {},
                                           const QString& modelName = {});
  QFuture<QList<Conversation>> conversations();
  QFuture<Conversation> conversation(qint64 conversationId);
  QFuture<void> renameConversation(qint64 conversationId, const QString& title);
  QFuture<void> setPinned(qint64 conversationId, bool pinned);
  QFuture<void> setDraft(qint64 conversationId, const QString& draft);
  QFuture<void> setConversationModel(qint64 conversationId, const QString& modelPath, const QString& modelName);
  QFuture<void> setConversationSampling(qint64 conversationId, const QString& samplingJson);
  QFuture<void> setConversationPrompt(qint64 conversationId, const QString& promptJson);
  QFuture<void> deleteConversation(qint64 conversationId);
  QFuture<void> restoreConversation(qint64 conversationId);
  QFuture<int> purgeTrash(int days = 30);

  QFuture<QList<Message>> path(qint64 leafId);
  QFuture<QList<Message>> currentPath(qint64 conversationId);
  QFuture<Message> message(qint64 messageId);
  QFuture<Turn> appendTurn(qint64 conversationId, qint64 parentId, const QString& userText, const QString& modelName);
  QFuture<Turn> appendReply(qint64 userMessageId, const QString& modelName);
  QFuture<Turn> editUserMessage(qint64 messageId, const QString& newText, const QString& modelName);
  QFuture<Message> editReply(qint64 messageId, const QString& newText);
  QFuture<void> saveStreamingText(qint64 replyId, const QString& text, const QList<qint32>& tokenIds);
  QFuture<void> finishReply(qint64 replyId, const ReplyOutcome& outcome);
  QFuture<void> setCurrentLeaf(qint64 conversationId, qint64 leafId);
  QFuture<QList<qint64>> siblings(qint64 messageId);
  QFuture<qint64> selectSibling(qint64 messageId);

  QFuture<QList<SearchHit>> search(const QString& query, int limit = 50);

 private:
  struct PendingSave {
    QString text;
    QList<qint32> tokenIds;
    QFuture<void> saved;
  };

  template <typename Work>
  auto post(Work work);
  void enqueue(std::function<void()> job);
  void run();

  std::optional<HistoryStore> store_;        // history thread only
  std::optional<HistoryError> openFailure_;  // history thread only
  QFuture<OpenReport> opened_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_

  std::mutex pendingMutex_;
  QHash<qint64, PendingSave> pendingSaves_;  // guarded by pendingMutex_; by reply id

  std::thread thread_;  // last member: it uses all others
};

/// Calls `onValue(result)` (for QFuture<void>: `onValue()`) or `onError(const HistoryError&)` on the thread of
/// `context` once the future is there, by way of its event loop; never inside this call. Neither is called when
/// `context` is gone by then, so both may capture it and its members. Call it on the thread that `context` lives in.
template <typename T, typename OnValue, typename OnError>
void whenDone(const QFuture<T>& future, QObject* context, OnValue onValue, OnError onError) {
  auto* watcher = new QFutureWatcher<T>(context);
  QObject::connect(watcher, &QFutureWatcherBase::finished, context,
                   [watcher, onValue = std::move(onValue), onError = std::move(onError)]() mutable {
                     watcher->deleteLater();
                     try {
                       watcher->waitForFinished();  // finished already: only throws what the future carries
                     } catch (const HistoryError& error) {
                       onError(error);
                       return;
                     }
                     if constexpr (std::is_void_v<T>) {
                       onValue();
                     } else {
                       onValue(watcher->result());
                     }
                   });
  watcher->setFuture(future);
}

}  // namespace app
