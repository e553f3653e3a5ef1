#pragma once

#include <QString>
#include <QtGlobal>
#include <optional>

#include "app/history/sqlite.h"

namespace app {

/// The full-text index: for the titles of conversations and for messages, two FTS5 tables each, which hold no text of
/// their own (contentless). `*_trigrams` finds three characters and more as a phrase of SQLite's trigrams; `*_grams`
/// finds one and two characters in any script, as one word (search_text.h). Both are fed folded text, so that their
/// answer is exactly "contains". A row's id is that of the conversation or message.
///
/// Indexed are: every title that is not empty; every message that is not Streaming.
enum class SearchTable { Titles, Messages };

/// The tables, empty. Part of a migration.
void createSearchIndex(Connection& connection);

/// Adds the text of a row that is not in the index.
void addToSearchIndex(Connection& connection, SearchTable table, qint64 id, const QString& text);

/// Takes a row out; `text` is what was added (an index without text cannot know it).
void removeFromSearchIndex(Connection& connection, SearchTable table, qint64 id, const QString& text);

/// Indexes everything there is, into empty tables.
void fillSearchIndex(Connection& connection);

/// Checks the index against itself; where it is damaged, throws it away and builds it again, in a transaction of its
/// own.
void repairSearchIndex(Connection& connection);

/// The indexed part of a query: which table to ask and the FTS5 expression, in which nothing of the query is syntax.
struct SearchExpression {
  bool trigrams = false;
  QString match;
  bool exact = false;  ///< false: the query is longer than what was asked for; look at the text too
};

/// For folded text of one code point or more.
SearchExpression searchExpression(const QString& foldedQuery);

}  // namespace app
