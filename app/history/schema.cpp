#include "app/history/schema.h"

#include "app/history/search_index.h"

namespace app {

namespace {

// AUTOINCREMENT: an id is never used twice, so that the search index cannot show one message for another.
// Parents are deleted together with their children, with the conversation; the keys are checked at the commit. No ON
// DELETE CASCADE from parent to child: SQLite follows such a chain 1000 messages deep and no further.
void createConversationsAndMessages(Connection& connection) {
  connection.exec(
      "CREATE TABLE conversations("
      " id INTEGER PRIMARY KEY AUTOINCREMENT,"
      " title TEXT NOT NULL DEFAULT '',"
      " created INTEGER NOT NULL,"  // milliseconds since 1970, UTC, as all times here
      " updated INTEGER NOT NULL,"
      " pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),"
      " current_leaf INTEGER REFERENCES messages(id) DEFERRABLE INITIALLY DEFERRED,"
      " model_path TEXT NOT NULL DEFAULT '',"
      " model_name TEXT NOT NULL DEFAULT '',"
      " sampling_json TEXT NOT NULL DEFAULT '',"
      " draft TEXT NOT NULL DEFAULT '',"
      " deleted_at INTEGER"  // NULL: not in the trash
      ");"
      "CREATE INDEX conversations_by_leaf ON conversations(current_leaf);"
      "CREATE TABLE messages("
      " id INTEGER PRIMARY KEY AUTOINCREMENT,"
      " conversation_id INTEGER NOT NULL REFERENCES conversations(id) DEFERRABLE INITIALLY DEFERRED,"
      " parent_id INTEGER REFERENCES messages(id) DEFERRABLE INITIALLY DEFERRED,"
      " role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 2),"
      " text TEXT NOT NULL,"
      " token_ids BLOB,"  // int32, little-endian
      " status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),"
      " finish_reason TEXT NOT NULL DEFAULT '',"
      " model_name TEXT NOT NULL DEFAULT '',"
      " prompt_tokens INTEGER NOT NULL DEFAULT 0,"
      " completion_tokens INTEGER NOT NULL DEFAULT 0,"
      " tokens_per_second REAL NOT NULL DEFAULT 0,"
      " time_to_first_token_ms INTEGER NOT NULL DEFAULT 0,"
      " created INTEGER NOT NULL,"
      " last_used INTEGER NOT NULL DEFAULT 0"  // counts up within a conversation each time a message becomes its leaf
      ");"
      "CREATE INDEX messages_by_parent ON messages(parent_id, conversation_id);"
      "CREATE INDEX messages_by_use ON messages(conversation_id, last_used);"
      "CREATE INDEX messages_streaming ON messages(status) WHERE status = 1;");
}

void addSearchIndex(Connection& connection) {
  createSearchIndex(connection);
  fillSearchIndex(connection);
}

void addConversationPrompt(Connection& connection) {
  connection.exec("ALTER TABLE conversations ADD COLUMN prompt_json TEXT NOT NULL DEFAULT ''");
}

constexpr Migration kMigrations[] = {
    {1, createConversationsAndMessages},
    {2, addSearchIndex},
    {3, addConversationPrompt},
};

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

int newestSchemaVersion() {
  return migrations().back().version;
}

void migrate(Connection& connection, int version) {
  for (const Migration& migration : migrations()) {
    if (migration.version > version || migration.version <= connection.number("PRAGMA user_version")) {
      continue;
    }
    Transaction transaction(connection);
    // Again, now that nobody else can write: two programs may have started together.
    if (connection.number("PRAGMA user_version") >= migration.version) {
      continue;
    }
    migration.apply(connection);
    const QByteArray pragmas = "PRAGMA application_id=" + QByteArray::number(kApplicationId) +
                               "; PRAGMA user_version=" + QByteArray::number(migration.version) + ";";
    connection.exec(pragmas.constData());
    transaction.commit();
  }
}

bool hasAllTables(Connection& connection) {
  return connection.number(
             "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN"
             " ('conversations', 'messages', 'title_trigrams', 'title_grams', 'message_trigrams', 'message_grams')") ==
         6;
}

}  // namespace app
