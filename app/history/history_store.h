#pragma once

#include <memory>

#include "app/history/history_error.h"
#include "app/history/history_values.h"

namespace app {

class Connection;

/// The conversations of one data folder in one SQLite file: all SQL of the product. Synchronous; knows no thread, so
/// one thread at a time (History gives it one). Every change is one transaction that is on the disk when the call
/// returns (WAL, synchronous=FULL): it is either whole or not there.
///
/// The messages of a conversation form a tree: editing or regenerating adds a sibling, nothing is overwritten. What is
/// shown is the path from a root to the conversation's current leaf.
///
/// Every call throws HistoryError; an unknown id is HistoryErrorCode::Failed.
class HistoryStore {
 public:
  /// Opens or creates the file (its folder too, both readable by this person only), brings it to the present schema
  /// and marks replies that were being written as Interrupted. A file that is no database, or is damaged, is renamed
  /// to `<path>.damaged-YYYYMMDD-HHMMSS` (with its -wal and -shm) and a fresh one is started: report() tells.
  /// A file of a newer Sotto (TooNew), a read-only place, a full disk: HistoryError, and nothing was changed.
  /// Files above 64 MB are checked page by page only when the last run did not end well (a log is left beside the
  /// file), smaller ones always; a damaged search index is built again.
  explicit HistoryStore(const QString& path);

  /// A history that lives in memory and dies with the object.
  static HistoryStore inMemory();

  HistoryStore(HistoryStore&&) noexcept;
  HistoryStore& operator=(HistoryStore&&) noexcept;
  ~HistoryStore();

  const OpenReport& report() const { return report_; }

  // Conversations

  Conversation createConversation(const QString& title = {}, const QString& modelPath = {},
                                  const QString& modelName = {});
  /// All that are not in the trash: pinned ones first, then by last use, newest first.
  QList<Conversation> conversations();
  /// One of them, in the trash or not.
  Conversation conversation(qint64 conversationId);
  void renameConversation(qint64 conversationId, const QString& title);
  void setPinned(qint64 conversationId, bool pinned);
  void setDraft(qint64 conversationId, const QString& draft);
  void setConversationModel(qint64 conversationId, const QString& modelPath, const QString& modelName);
  /// samplingJson is kept as it is, not read.
  void setConversationSampling(qint64 conversationId, const QString& samplingJson);
  /// promptJson is kept as it is, not read.
  void setConversationPrompt(qint64 conversationId, const QString& promptJson);
  /// Moves it to the trash: gone from conversations() and search(), all of it kept.
  void deleteConversation(qint64 conversationId);
  /// Undoes deleteConversation.
  void restoreConversation(qint64 conversationId);
  /// Deletes for good what was moved to the trash more than `days` days ago. Returns how many conversations.
  int purgeTrash(int days = 30);

  // Messages

  /// From the root to `leafId`, both included, with sibling places. One query, whatever the length.
  QList<Message> path(qint64 leafId);
  /// The path to the conversation's current leaf; empty where there is no message.
  QList<Message> currentPath(qint64 conversationId);
  Message message(qint64 messageId);

  /// Adds a user message below parentId (0: as a new root) and an empty Streaming reply below it, in one
  /// transaction; the reply becomes the current leaf and the draft is cleared.
  Turn appendTurn(qint64 conversationId, qint64 parentId, const QString& userText, const QString& modelName);
  /// Another reply to the same user message (regenerate).
  Turn appendReply(qint64 userMessageId, const QString& modelName);
  /// A new version of a user message, with an empty Streaming reply below it.
  Turn editUserMessage(qint64 messageId, const QString& newText, const QString& modelName);
  /// A new, Complete version of a reply with the person's text and without token ids; becomes the current leaf.
  Message editReply(qint64 messageId, const QString& newText);

  /// Stores a reply's text so far. A reply that is not Streaming any more is left alone.
  void saveStreamingText(qint64 replyId, const QString& text, const QList<qint32>& tokenIds);
  /// Stores a reply's final state. May be called again; the last call counts.
  void finishReply(qint64 replyId, const ReplyOutcome& outcome);

  /// All versions of a message, itself included, oldest first: their ids.
  QList<qint64> siblings(qint64 messageId);
  /// Shows the path to `leafId` from now on.
  void setCurrentLeaf(qint64 conversationId, qint64 leafId);
  /// Shows the version `messageId` and returns the new current leaf: of the leaves below it, the one that was used
  /// last.
  qint64 selectSibling(qint64 messageId);

  // Search

  /// Titles first, then messages, newest first, at most `limit`. A hit contains the query (without the space around
  /// it) as it stands, upper and lower case alike (Unicode simple case folding); one character is enough in any
  /// script. The query is text, never syntax. Conversations in the trash and replies still being written are left out.
  QList<SearchHit> search(const QString& query, int limit = 50);

 private:
  explicit HistoryStore(std::unique_ptr<Connection> connection);

  void markInterruptedReplies();
  Conversation requireConversation(qint64 conversationId);
  Message requireMessage(qint64 messageId);
  QList<Message> readPath(qint64 leafId);
  qint64 insertMessage(const Message& message);
  qint64 insertStreamingReply(const Message& userMessage, const QString& modelName);
  void moveLeaf(qint64 conversationId, qint64 leafId);
  void touch(qint64 conversationId);
  Turn turnFor(qint64 replyId);
  QList<SearchHit> searchTitles(const QString& foldedQuery, qsizetype limit);
  QList<SearchHit> searchMessages(const QString& foldedQuery, qsizetype limit);

  std::unique_ptr<Connection> connection_;
  OpenReport report_;
};

}  // namespace app
