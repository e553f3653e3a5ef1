#include "app/history/search_index.h"

#include "app/history/history_values.h"
#include "app/history/search_text.h"

namespace app {

namespace {

// A phrase of more trigrams costs more than it excludes.
constexpr qsizetype kIndexedQueryLength = 64;

struct TableSql {
  const char* addTrigrams;
  const char* addGrams;
  const char* removeTrigrams;
  const char* removeGrams;
};

constexpr TableSql kTitleSql = {
    "INSERT INTO title_trigrams(rowid, text) VALUES (?1, ?2)",
    "INSERT INTO title_grams(rowid, words) VALUES (?1, ?2)",
    "INSERT INTO title_trigrams(title_trigrams, rowid, text) VALUES ('delete', ?1, ?2)",
    "INSERT INTO title_grams(title_grams, rowid, words) VALUES ('delete', ?1, ?2)",
};

constexpr TableSql kMessageSql = {
    "INSERT INTO message_trigrams(rowid, text) VALUES (?1, ?2)",
    "INSERT INTO message_grams(rowid, words) VALUES (?1, ?2)",
    "INSERT INTO message_trigrams(message_trigrams, rowid, text) VALUES ('delete', ?1, ?2)",
    "INSERT INTO message_grams(message_grams, rowid, words) VALUES ('delete', ?1, ?2)",
};

constexpr const TableSql& sqlFor(SearchTable table) {
  return table == SearchTable::Titles ? kTitleSql : kMessageSql;
}

void change(Connection& connection, const char* trigrams, const char* grams, qint64 id, const QString& text) {
  // As it reads back from the file: what is taken out must be what was put in, also for text that UTF-8 cannot hold.
  const QString folded = foldForSearch(QString::fromUtf8(text.toUtf8()));
  Statement(connection, trigrams, id, folded).run();
  Statement(connection, grams, id, QString::fromLatin1(gramWords(folded))).run();
}

bool isSound(Connection& connection) {
  try {
    connection.exec(
        "INSERT INTO title_trigrams(title_trigrams) VALUES ('integrity-check');"
        "INSERT INTO title_grams(title_grams) VALUES ('integrity-check');"
        "INSERT INTO message_trigrams(message_trigrams) VALUES ('integrity-check');"
        "INSERT INTO message_grams(message_grams) VALUES ('integrity-check');");
  } catch (const HistoryError& error) {
    if (error.code() == HistoryErrorCode::Damaged) {
      return false;
    }
    throw;
  }
  return true;
}

}  // namespace

void createSearchIndex(Connection& connection) {
  // The text is folded before it comes here, so the trigrams compare as they are. The grams need no positions: a
  // word is there or not (detail=none). Neither is ranked (columnsize=0).
  connection.exec(
      "CREATE VIRTUAL TABLE title_trigrams USING fts5(text, content='', columnsize=0,"
      " tokenize='trigram case_sensitive 1');"
      "CREATE VIRTUAL TABLE title_grams USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii');"
      "CREATE VIRTUAL TABLE message_trigrams USING fts5(text, content='', columnsize=0,"
      " tokenize='trigram case_sensitive 1');"
      "CREATE VIRTUAL TABLE message_grams USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii');");
}

void addToSearchIndex(Connection& connection, SearchTable table, qint64 id, const QString& text) {
  const TableSql& sql = sqlFor(table);
  change(connection, sql.addTrigrams, sql.addGrams, id, text);
}

void removeFromSearchIndex(Connection& connection, SearchTable table, qint64 id, const QString& text) {
  const TableSql& sql = sqlFor(table);
  change(connection, sql.removeTrigrams, sql.removeGrams, id, text);
}

void fillSearchIndex(Connection& connection) {
  Statement titles(connection, "SELECT id, title FROM conversations WHERE title <> ''");
  while (titles.step()) {
    addToSearchIndex(connection, SearchTable::Titles, titles.integer(0), titles.text(1));
  }
  Statement messages(connection, "SELECT id, text FROM messages WHERE status <> ?",
                     static_cast<int>(MessageStatus::Streaming));
  while (messages.step()) {
    addToSearchIndex(connection, SearchTable::Messages, messages.integer(0), messages.text(1));
  }
}

void repairSearchIndex(Connection& connection) {
  if (isSound(connection)) {
    return;
  }
  Transaction transaction(connection);
  connection.exec(
      "DROP TABLE title_trigrams; DROP TABLE title_grams; DROP TABLE message_trigrams; DROP TABLE message_grams;");
  createSearchIndex(connection);
  fillSearchIndex(connection);
  transaction.commit();
  connection.keepLogOnClose(false);
}

SearchExpression searchExpression(const QString& foldedQuery) {
  const qsizetype length = codePointCount(foldedQuery);
  if (length <= 2) {
    return {.trigrams = false, .match = QString::fromLatin1(gramWord(foldedQuery)), .exact = true};
  }
  QString phrase = firstCodePoints(foldedQuery, kIndexedQueryLength);
  phrase.replace(u'"', QStringLiteral("\"\""));  // inside quotation marks only the mark itself means something
  return {.trigrams = true, .match = u'"' + phrase + u'"', .exact = length <= kIndexedQueryLength};
}

}  // namespace app
