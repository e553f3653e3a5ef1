#include "app/history/history_store.h"
#include "app/history/search_index.h"
#include "app/history/search_text.h"
#include "app/history/sqlite.h"

namespace app {

QList<SearchHit> HistoryStore::search(const QString& query, int limit) {
  connection_->beginTask("Searching the chats");
  const QString folded = foldForSearch(query.trimmed());
  if (folded.isEmpty() || limit <= 0) {
    return {};
  }
  QList<SearchHit> titles = searchTitles(folded, limit);
  const QList<SearchHit> messages = searchMessages(folded, limit);
  // Many titles do not push the messages out: these get half of the places where they need them.
  const qsizetype places = std::max<qsizetype>((limit + 1) / 2, limit - messages.size());
  titles = titles.first(std::min(titles.size(), places));
  return titles + messages.first(std::min(messages.size(), limit - titles.size()));
}

QList<SearchHit> HistoryStore::searchTitles(const QString& foldedQuery, qsizetype limit) {
  const SearchExpression expression = searchExpression(foldedQuery);
  Statement rows(
      *connection_,
      expression.trigrams
          ? "SELECT c.id, c.title FROM title_trigrams CROSS JOIN conversations c ON c.id = title_trigrams.rowid"
            " WHERE title_trigrams MATCH ? AND c.deleted_at IS NULL ORDER BY title_trigrams.rowid DESC"
          : "SELECT c.id, c.title FROM title_grams CROSS JOIN conversations c ON c.id = title_grams.rowid"
            " WHERE title_grams MATCH ? AND c.deleted_at IS NULL ORDER BY title_grams.rowid DESC",
      expression.match);
  QList<SearchHit> hits;
  while (hits.size() < limit && rows.step()) {
    SearchHit hit{.conversationId = rows.integer(0), .title = rows.text(1)};
    if (!foldForSearch(hit.title).contains(foldedQuery)) {
      continue;
    }
    setSnippet(hit, hit.title, foldedQuery);
    hits.append(hit);
  }
  return hits;
}

QList<SearchHit> HistoryStore::searchMessages(const QString& foldedQuery, qsizetype limit) {
  const SearchExpression expression = searchExpression(foldedQuery);
  // CROSS JOIN keeps the order of the tables: the index gives ids, newest first, and stops at the limit.
  Statement rows(*connection_,
                 expression.trigrams
                     ? "SELECT m.id, m.conversation_id, c.title, m.text FROM message_trigrams"
                       " CROSS JOIN messages m ON m.id = message_trigrams.rowid"
                       " CROSS JOIN conversations c ON c.id = m.conversation_id"
                       " WHERE message_trigrams MATCH ? AND c.deleted_at IS NULL ORDER BY message_trigrams.rowid DESC"
                     : "SELECT m.id, m.conversation_id, c.title, m.text FROM message_grams"
                       " CROSS JOIN messages m ON m.id = message_grams.rowid"
                       " CROSS JOIN conversations c ON c.id = m.conversation_id"
                       " WHERE message_grams MATCH ? AND c.deleted_at IS NULL ORDER BY message_grams.rowid DESC",
                 expression.match);
  QList<SearchHit> hits;
  while (hits.size() < limit && rows.step()) {
    const QString text = rows.text(3);
    // Also true where the index is exact, unless an older Sotto folded a letter differently.
    if (!foldForSearch(text).contains(foldedQuery)) {
      continue;
    }
    SearchHit hit{.conversationId = rows.integer(1), .messageId = rows.integer(0), .title = rows.text(2)};
    setSnippet(hit, text, foldedQuery);
    hits.append(hit);
  }
  return hits;
}

}  // namespace app
