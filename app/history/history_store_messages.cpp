#include <QtEndian>
#include <utility>

#include "app/history/history_store.h"
#include "app/history/search_index.h"
#include "app/history/sqlite.h"

namespace app {

namespace {

// The versions of a message are the children of its parent (IS also compares the NULL of roots).
constexpr const char* kMessageColumns =
    "m.id, m.conversation_id, coalesce(m.parent_id, 0), m.role, m.text, m.token_ids, m.status, m.finish_reason,"
    " m.model_name, m.prompt_tokens, m.completion_tokens, m.tokens_per_second, m.time_to_first_token_ms, m.created,"
    " (SELECT count(*) FROM messages s"
    "  WHERE s.parent_id IS m.parent_id AND s.conversation_id = m.conversation_id AND s.id < m.id),"
    " (SELECT count(*) FROM messages s WHERE s.parent_id IS m.parent_id AND s.conversation_id = m.conversation_id)";

QByteArray toBlob(const QList<qint32>& ids) {
  QByteArray blob(ids.size() * 4, Qt::Uninitialized);
  char* bytes = blob.data();
  for (qsizetype i = 0; i < ids.size(); ++i) {
    qToLittleEndian(ids[i], bytes + i * 4);
  }
  return blob;
}

QList<qint32> fromBlob(const QByteArray& blob) {
  QList<qint32> ids(blob.size() / 4);
  for (qsizetype i = 0; i < ids.size(); ++i) {
    ids[i] = qFromLittleEndian<qint32>(blob.constData() + i * 4);
  }
  return ids;
}

// The numbers of both enumerations are within range: the tables check them.
Message readMessage(const Statement& row) {
  return {.id = row.integer(0),
          .conversationId = row.integer(1),
          .parentId = row.integer(2),
          .role = static_cast<MessageRole>(row.integer(3)),
          .text = row.text(4),
          .tokenIds = fromBlob(row.blob(5)),
          .status = static_cast<MessageStatus>(row.integer(6)),
          .finishReason = row.text(7),
          .modelName = row.text(8),
          .promptTokens = static_cast<int>(row.integer(9)),
          .completionTokens = static_cast<int>(row.integer(10)),
          .tokensPerSecond = row.real(11),
          .timeToFirstTokenMs = row.integer(12),
          .created = QDateTime::fromMSecsSinceEpoch(row.integer(13), Qt::UTC),
          .siblingIndex = static_cast<int>(row.integer(14)),
          .siblingCount = static_cast<int>(row.integer(15))};
}

}  // namespace

void HistoryStore::markInterruptedReplies() {
  connection_->beginTask("Closing replies that were cut off");
  Transaction transaction(*connection_);
  QList<std::pair<qint64, QString>> cut;
  {
    Statement rows(*connection_, "SELECT id, text FROM messages WHERE status = 1");
    while (rows.step()) {
      cut.append({rows.integer(0), rows.text(1)});
    }
  }
  for (const auto& [id, text] : cut) {
    Statement(*connection_, "UPDATE messages SET status = ? WHERE id = ?", static_cast<int>(MessageStatus::Interrupted),
              id)
        .run();
    addToSearchIndex(*connection_, SearchTable::Messages, id, text);
  }
  transaction.commit();
}

QList<Message> HistoryStore::path(qint64 leafId) {
  connection_->beginTask("Reading a chat");
  return readPath(leafId);
}

QList<Message> HistoryStore::readPath(qint64 leafId) {
  // A child's id is always greater than its parent's, so their order is the order of the path. UNION drops what was
  // seen before: a damaged file cannot make it run in circles.
  const QByteArray sql = QByteArray(
                             "WITH RECURSIVE up(id, parent_id) AS ("
                             " SELECT id, parent_id FROM messages WHERE id = ?"
                             " UNION SELECT p.id, p.parent_id FROM up JOIN messages p ON p.id = up.parent_id)"
                             " SELECT ") +
                         kMessageColumns + " FROM up JOIN messages m ON m.id = up.id ORDER BY m.id";
  Statement rows(*connection_, sql.constData(), leafId);
  QList<Message> messages;
  while (rows.step()) {
    messages.append(readMessage(rows));
  }
  if (messages.isEmpty()) {
    requireMessage(leafId);  // throws
  }
  return messages;
}

QList<Message> HistoryStore::currentPath(qint64 conversationId) {
  connection_->beginTask("Reading a chat");
  const qint64 leaf = requireConversation(conversationId).currentLeaf;
  return leaf == 0 ? QList<Message>() : readPath(leaf);
}

Message HistoryStore::message(qint64 messageId) {
  connection_->beginTask("Reading a message");
  return requireMessage(messageId);
}

Turn HistoryStore::appendTurn(qint64 conversationId, qint64 parentId, const QString& userText,
                              const QString& modelName) {
  connection_->beginTask("Saving the message");
  Transaction transaction(*connection_);
  requireConversation(conversationId);
  if (parentId != 0 && requireMessage(parentId).conversationId != conversationId) {
    connection_->refuse(QStringLiteral("message %1 belongs to another chat.").arg(parentId));
  }
  Message user{.conversationId = conversationId, .parentId = parentId, .role = MessageRole::User, .text = userText};
  user.id = insertMessage(user);
  const qint64 replyId = insertStreamingReply(user, modelName);
  Statement(*connection_, "UPDATE conversations SET draft = '' WHERE id = ?", conversationId).run();
  Turn turn = turnFor(replyId);
  transaction.commit();
  return turn;
}

Turn HistoryStore::appendReply(qint64 userMessageId, const QString& modelName) {
  connection_->beginTask("Starting another reply");
  Transaction transaction(*connection_);
  const Message user = requireMessage(userMessageId);
  if (user.role != MessageRole::User) {
    connection_->refuse(QStringLiteral("message %1 is not one that can be answered.").arg(userMessageId));
  }
  Turn turn = turnFor(insertStreamingReply(user, modelName));
  transaction.commit();
  return turn;
}

Turn HistoryStore::editUserMessage(qint64 messageId, const QString& newText, const QString& modelName) {
  connection_->beginTask("Saving the edited message");
  Transaction transaction(*connection_);
  const Message old = requireMessage(messageId);
  if (old.role != MessageRole::User) {
    connection_->refuse(QStringLiteral("message %1 was not written by the person.").arg(messageId));
  }
  Message user{.conversationId = old.conversationId, .parentId = old.parentId, .role = old.role, .text = newText};
  user.id = insertMessage(user);
  Turn turn = turnFor(insertStreamingReply(user, modelName));
  transaction.commit();
  return turn;
}

Message HistoryStore::editReply(qint64 messageId, const QString& newText) {
  connection_->beginTask("Saving the edited reply");
  Transaction transaction(*connection_);
  const Message old = requireMessage(messageId);
  if (old.role != MessageRole::Assistant) {
    connection_->refuse(QStringLiteral("message %1 is not a reply.").arg(messageId));
  }
  const qint64 id = insertMessage({.conversationId = old.conversationId,
                                   .parentId = old.parentId,
                                   .role = old.role,
                                   .text = newText,
                                   .finishReason = QStringLiteral("edited"),
                                   .modelName = old.modelName});
  moveLeaf(old.conversationId, id);
  touch(old.conversationId);
  Message edited = requireMessage(id);
  transaction.commit();
  return edited;
}

void HistoryStore::saveStreamingText(qint64 replyId, const QString& text, const QList<qint32>& tokenIds) {
  connection_->beginTask("Saving the reply so far");
  Statement(*connection_, "UPDATE messages SET text = ?, token_ids = ? WHERE id = ? AND status = ?", text,
            toBlob(tokenIds), replyId, static_cast<int>(MessageStatus::Streaming))
      .run();
  if (connection_->changes() == 0) {
    requireMessage(replyId);
  }
}

void HistoryStore::finishReply(qint64 replyId, const ReplyOutcome& outcome) {
  Q_ASSERT(outcome.status != MessageStatus::Streaming);
  connection_->beginTask("Saving the reply");
  Transaction transaction(*connection_);
  const Message old = requireMessage(replyId);
  if (old.role != MessageRole::Assistant) {
    connection_->refuse(QStringLiteral("message %1 is not a reply.").arg(replyId));
  }
  if (old.status != MessageStatus::Streaming) {
    removeFromSearchIndex(*connection_, SearchTable::Messages, replyId, old.text);
  }
  Statement(*connection_,
            "UPDATE messages SET text = ?, token_ids = ?, status = ?, finish_reason = ?, prompt_tokens = ?,"
            " completion_tokens = ?, tokens_per_second = ?, time_to_first_token_ms = ? WHERE id = ?",
            outcome.text, toBlob(outcome.tokenIds), static_cast<int>(outcome.status), outcome.finishReason,
            outcome.promptTokens, outcome.completionTokens, outcome.tokensPerSecond, outcome.timeToFirstTokenMs,
            replyId)
      .run();
  addToSearchIndex(*connection_, SearchTable::Messages, replyId, outcome.text);
  touch(old.conversationId);
  transaction.commit();
}

void HistoryStore::setCurrentLeaf(qint64 conversationId, qint64 leafId) {
  connection_->beginTask("Changing to another version");
  Transaction transaction(*connection_);
  requireConversation(conversationId);
  if (requireMessage(leafId).conversationId != conversationId) {
    connection_->refuse(QStringLiteral("message %1 belongs to another chat.").arg(leafId));
  }
  moveLeaf(conversationId, leafId);
  transaction.commit();
}

QList<qint64> HistoryStore::siblings(qint64 messageId) {
  connection_->beginTask("Reading the versions of a message");
  const Message version = requireMessage(messageId);
  Statement rows(*connection_,
                 "SELECT id FROM messages WHERE conversation_id = ? AND parent_id IS nullif(?, 0) ORDER BY id",
                 version.conversationId, version.parentId);
  QList<qint64> ids;
  while (rows.step()) ids.append(rows.integer(0));
  return ids;
}

qint64 HistoryStore::selectSibling(qint64 messageId) {
  connection_->beginTask("Changing to another version");
  Transaction transaction(*connection_);
  const Message version = requireMessage(messageId);
  Statement leaf(*connection_,
                 "WITH RECURSIVE below(id) AS ("
                 " SELECT ?1 UNION SELECT m.id FROM below JOIN messages m ON m.parent_id = below.id)"
                 " SELECT m.id FROM below JOIN messages m ON m.id = below.id"
                 " WHERE NOT EXISTS (SELECT 1 FROM messages c WHERE c.parent_id = m.id)"
                 " ORDER BY m.last_used DESC, m.id DESC LIMIT 1",
                 messageId);
  const qint64 leafId = leaf.step() ? leaf.integer(0) : messageId;
  leaf.reset();
  moveLeaf(version.conversationId, leafId);
  transaction.commit();
  return leafId;
}

Message HistoryStore::requireMessage(qint64 messageId) {
  const QByteArray sql = QByteArray("SELECT ") + kMessageColumns + " FROM messages m WHERE m.id = ?";
  Statement row(*connection_, sql.constData(), messageId);
  if (!row.step()) {
    connection_->refuse(
        QStringLiteral("there is no message number %1 in it; its chat may have been deleted for good.").arg(messageId));
  }
  return readMessage(row);
}

qint64 HistoryStore::insertMessage(const Message& message) {
  Statement insert(*connection_,
                   "INSERT INTO messages(conversation_id, parent_id, role, text, status, finish_reason, model_name,"
                   " created) VALUES (?, nullif(?, 0), ?, ?, ?, ?, ?, ?)",
                   message.conversationId, message.parentId, static_cast<int>(message.role), message.text,
                   static_cast<int>(message.status), message.finishReason, message.modelName,
                   QDateTime::currentMSecsSinceEpoch());
  insert.run();
  const qint64 id = connection_->lastInsertId();
  if (message.status != MessageStatus::Streaming) {
    addToSearchIndex(*connection_, SearchTable::Messages, id, message.text);
  }
  return id;
}

qint64 HistoryStore::insertStreamingReply(const Message& userMessage, const QString& modelName) {
  const qint64 replyId = insertMessage({.conversationId = userMessage.conversationId,
                                        .parentId = userMessage.id,
                                        .role = MessageRole::Assistant,
                                        .status = MessageStatus::Streaming,
                                        .modelName = modelName});
  moveLeaf(userMessage.conversationId, replyId);
  touch(userMessage.conversationId);
  return replyId;
}

void HistoryStore::moveLeaf(qint64 conversationId, qint64 leafId) {
  Statement(*connection_, "UPDATE conversations SET current_leaf = ? WHERE id = ?", leafId, conversationId).run();
  Statement(*connection_,
            "UPDATE messages SET last_used ="
            " 1 + (SELECT max(last_used) FROM messages WHERE conversation_id = ?1) WHERE id = ?2",
            conversationId, leafId)
      .run();
}

void HistoryStore::touch(qint64 conversationId) {
  Statement(*connection_, "UPDATE conversations SET updated = ? WHERE id = ?", QDateTime::currentMSecsSinceEpoch(),
            conversationId)
      .run();
}

Turn HistoryStore::turnFor(qint64 replyId) {
  const Message reply = requireMessage(replyId);
  return {.conversationId = reply.conversationId,
          .messages = readPath(reply.parentId),
          .userMessageId = reply.parentId,
          .replyId = replyId,
          .replySiblingIndex = reply.siblingIndex,
          .replySiblingCount = reply.siblingCount};
}

}  // namespace app
