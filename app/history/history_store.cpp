#include "app/history/history_store.h"

#include <utility>

#include "app/history/history_file.h"
#include "app/history/search_index.h"

namespace app {

namespace {

constexpr const char* kConversationColumns =
    "id, title, created, updated, pinned, coalesce(current_leaf, 0), model_path, model_name, sampling_json, draft, "
    "prompt_json";

QDateTime timeOf(qint64 milliseconds) {
  return QDateTime::fromMSecsSinceEpoch(milliseconds, Qt::UTC);
}

qint64 now() {
  return QDateTime::currentMSecsSinceEpoch();
}

Conversation readConversation(const Statement& row) {
  return {.id = row.integer(0),
          .title = row.text(1),
          .created = timeOf(row.integer(2)),
          .updated = timeOf(row.integer(3)),
          .pinned = row.integer(4) != 0,
          .currentLeaf = row.integer(5),
          .modelPath = row.text(6),
          .modelName = row.text(7),
          .samplingJson = row.text(8),
          .draft = row.text(9),
          .promptJson = row.text(10)};
}

QByteArray selectConversations(const char* rest) {
  return QByteArray("SELECT ") + kConversationColumns + " FROM conversations " + rest;
}

}  // namespace

HistoryStore::HistoryStore(const QString& path) {
  OpenedHistory opened = openHistoryFile(path);
  connection_ = std::move(opened.connection);
  report_ = std::move(opened.report);
  markInterruptedReplies();
}

HistoryStore::HistoryStore(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

HistoryStore HistoryStore::inMemory() {
  return HistoryStore(openHistoryInMemory());
}

HistoryStore::HistoryStore(HistoryStore&&) noexcept = default;
HistoryStore& HistoryStore::operator=(HistoryStore&&) noexcept = default;
HistoryStore::~HistoryStore() = default;

Conversation HistoryStore::createConversation(const QString& title, const QString& modelPath,
                                              const QString& modelName) {
  connection_->beginTask("Starting a new chat");
  Transaction transaction(*connection_);
  const qint64 created = now();
  Statement(*connection_,
            "INSERT INTO conversations(title, created, updated, model_path, model_name) VALUES (?, ?, ?, ?, ?)", title,
            created, created, modelPath, modelName)
      .run();
  const qint64 id = connection_->lastInsertId();
  if (!title.isEmpty()) {
    addToSearchIndex(*connection_, SearchTable::Titles, id, title);
  }
  Conversation conversation = requireConversation(id);
  transaction.commit();
  return conversation;
}

QList<Conversation> HistoryStore::conversations() {
  connection_->beginTask("Reading the list of chats");
  const QByteArray sql = selectConversations("WHERE deleted_at IS NULL ORDER BY pinned DESC, updated DESC, id DESC");
  Statement rows(*connection_, sql.constData());
  QList<Conversation> all;
  while (rows.step()) {
    all.append(readConversation(rows));
  }
  return all;
}

Conversation HistoryStore::conversation(qint64 conversationId) {
  connection_->beginTask("Opening a chat");
  return requireConversation(conversationId);
}

void HistoryStore::renameConversation(qint64 conversationId, const QString& title) {
  connection_->beginTask("Renaming a chat");
  Transaction transaction(*connection_);
  const QString oldTitle = requireConversation(conversationId).title;
  if (!oldTitle.isEmpty()) {
    removeFromSearchIndex(*connection_, SearchTable::Titles, conversationId, oldTitle);
  }
  if (!title.isEmpty()) {
    addToSearchIndex(*connection_, SearchTable::Titles, conversationId, title);
  }
  Statement(*connection_, "UPDATE conversations SET title = ? WHERE id = ?", title, conversationId).run();
  transaction.commit();
}

void HistoryStore::setPinned(qint64 conversationId, bool pinned) {
  connection_->beginTask("Pinning a chat");
  requireConversation(conversationId);
  Statement(*connection_, "UPDATE conversations SET pinned = ? WHERE id = ?", pinned, conversationId).run();
}

void HistoryStore::setDraft(qint64 conversationId, const QString& draft) {
  connection_->beginTask("Saving the draft");
  requireConversation(conversationId);
  Statement(*connection_, "UPDATE conversations SET draft = ? WHERE id = ?", draft, conversationId).run();
}

void HistoryStore::setConversationModel(qint64 conversationId, const QString& modelPath, const QString& modelName) {
  connection_->beginTask("Saving the chat's model");
  requireConversation(conversationId);
  Statement(*connection_, "UPDATE conversations SET model_path = ?, model_name = ? WHERE id = ?", modelPath, modelName,
            conversationId)
      .run();
}

void HistoryStore::setConversationSampling(qint64 conversationId, const QString& samplingJson) {
  connection_->beginTask("Saving the chat's sampling settings");
  requireConversation(conversationId);
  Statement(*connection_, "UPDATE conversations SET sampling_json = ? WHERE id = ?", samplingJson, conversationId)
      .run();
}

void HistoryStore::setConversationPrompt(qint64 conversationId, const QString& promptJson) {
  connection_->beginTask("Saving the chat's system prompt and template");
  requireConversation(conversationId);
  Statement(*connection_, "UPDATE conversations SET prompt_json = ? WHERE id = ?", promptJson, conversationId).run();
}

void HistoryStore::deleteConversation(qint64 conversationId) {
  connection_->beginTask("Moving a chat to the trash");
  requireConversation(conversationId);
  Statement(*connection_, "UPDATE conversations SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL", now(),
            conversationId)
      .run();
}

void HistoryStore::restoreConversation(qint64 conversationId) {
  connection_->beginTask("Taking a chat out of the trash");
  requireConversation(conversationId);
  Statement(*connection_, "UPDATE conversations SET deleted_at = NULL WHERE id = ?", conversationId).run();
}

int HistoryStore::purgeTrash(int days) {
  connection_->beginTask("Emptying the trash");
  Transaction transaction(*connection_);
  const qint64 limit = now() - static_cast<qint64>(days) * 24 * 60 * 60 * 1000;
  QList<Conversation> old;
  {
    const QByteArray sql = selectConversations("WHERE deleted_at <= ?");
    Statement rows(*connection_, sql.constData(), limit);
    while (rows.step()) {
      old.append(readConversation(rows));
    }
  }
  for (const Conversation& conversation : old) {
    if (!conversation.title.isEmpty()) {
      removeFromSearchIndex(*connection_, SearchTable::Titles, conversation.id, conversation.title);
    }
    Statement messages(*connection_, "SELECT id, text FROM messages WHERE conversation_id = ? AND status <> ?",
                       conversation.id, static_cast<int>(MessageStatus::Streaming));
    while (messages.step()) {
      removeFromSearchIndex(*connection_, SearchTable::Messages, messages.integer(0), messages.text(1));
    }
    Statement(*connection_, "DELETE FROM messages WHERE conversation_id = ?", conversation.id).run();
    Statement(*connection_, "DELETE FROM conversations WHERE id = ?", conversation.id).run();
  }
  transaction.commit();
  return static_cast<int>(old.size());
}

Conversation HistoryStore::requireConversation(qint64 conversationId) {
  const QByteArray sql = selectConversations("WHERE id = ?");
  Statement row(*connection_, sql.constData(), conversationId);
  if (!row.step()) {
    connection_->refuse(
        QStringLiteral("there is no chat number %1 in it; it may have been deleted for good.").arg(conversationId));
  }
  return readConversation(row);
}

}  // namespace app
