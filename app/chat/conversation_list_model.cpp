#include "app/chat/conversation_list_model.h"

#include <QDate>
#include <algorithm>

#include "app/history/history.h"

namespace app {

namespace {

constexpr int kSearchDelayMs = 150;

QString sectionOf(const Conversation& conversation) {
  if (conversation.pinned) return ConversationListModel::tr("Pinned");
  const qint64 days = conversation.updated.toLocalTime().date().daysTo(QDate::currentDate());
  if (days <= 0) return ConversationListModel::tr("Today");
  if (days == 1) return ConversationListModel::tr("Yesterday");
  if (days <= 7) return ConversationListModel::tr("Previous 7 days");
  return ConversationListModel::tr("Older");
}

QString snippetOf(const SearchHit& hit) {
  QString rich;
  qsizetype shown = 0;
  for (const TextRange& match : hit.matches) {
    rich += hit.snippet.mid(shown, match.start - shown).toHtmlEscaped();
    rich += QLatin1String("<b>") + hit.snippet.mid(match.start, match.length).toHtmlEscaped() + QLatin1String("</b>");
    shown = match.start + match.length;
  }
  return rich + hit.snippet.mid(shown).toHtmlEscaped();
}

}  // namespace

ConversationListModel::ConversationListModel(History& history, QObject* parent)
    : QAbstractListModel(parent), history_(history) {
  searchTimer_.setSingleShot(true);
  searchTimer_.setInterval(kSearchDelayMs);
  connect(&searchTimer_, &QTimer::timeout, this, &ConversationListModel::refresh);
}

int ConversationListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : count();
}

QVariant ConversationListModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[index.row()];
  switch (role) {
    case ConversationIdRole:
      return row.id;
    case Qt::DisplayRole:
    case TitleRole:
      return row.title;
    case SectionRole:
      return row.section;
    case PinnedRole:
      return row.pinned;
    case ActiveRole:
      return row.id == active_;
    case SnippetRole:
      return row.snippet;
    case HitMessageIdRole:
      return row.hitMessageId;
    default:
      return {};
  }
}

QHash<int, QByteArray> ConversationListModel::roleNames() const {
  return {{ConversationIdRole, "conversationId"},
          {TitleRole, "title"},
          {SectionRole, "section"},
          {PinnedRole, "pinned"},
          {ActiveRole, "active"},
          {SnippetRole, "snippet"},
          {HitMessageIdRole, "hitMessageId"}};
}

void ConversationListModel::setQuery(const QString& query) {
  if (query == query_) return;
  const bool wasSearching = searching();
  query_ = query;
  emit queryChanged();
  if (wasSearching != searching()) emit searchingChanged();
  ++asked_;  // hits of an earlier query are not wanted any more
  if (searching()) {
    searchTimer_.start();
  } else {
    searchTimer_.stop();
    refresh();
  }
}

void ConversationListModel::refresh() {
  const quint64 asked = ++asked_;
  const auto failed = [this](const HistoryError& error) { report(tr("The chats could not be read."), error); };
  if (searching()) {
    whenDone(
        history_.search(query_), this,
        [this, asked](const QList<SearchHit>& hits) {
          if (asked != asked_) return;
          QList<Row> rows;
          for (const SearchHit& hit : hits)
            rows.append({hit.conversationId, hit.messageId, hit.title, {}, snippetOf(hit), false});
          showRows(rows);
        },
        failed);
    return;
  }
  whenDone(
      history_.conversations(), this,
      [this, asked](const QList<Conversation>& conversations) {
        if (asked != asked_) return;
        QList<Row> rows;
        for (const Conversation& conversation : conversations) {
          rows.append({conversation.id, 0, conversation.title, sectionOf(conversation), {}, conversation.pinned});
        }
        showRows(rows);
      },
      failed);
}

/// Makes the rows those of `wanted` by as few changes as a list that moves one row to the top needs.
void ConversationListModel::showRows(const QList<Row>& wanted) {
  const auto isSame = [](const Row& a, const Row& b) { return a.id == b.id && a.hitMessageId == b.hitMessageId; };
  const qsizetype oldCount = rows_.size();

  for (qsizetype i = rows_.size() - 1; i >= 0; --i) {
    if (std::any_of(wanted.begin(), wanted.end(), [&](const Row& row) { return isSame(row, rows_[i]); })) continue;
    beginRemoveRows({}, static_cast<int>(i), static_cast<int>(i));
    rows_.removeAt(i);
    endRemoveRows();
  }
  for (qsizetype i = 0; i < wanted.size(); ++i) {
    const auto found =
        std::find_if(rows_.begin() + i, rows_.end(), [&](const Row& row) { return isSame(row, wanted[i]); });
    const auto from = static_cast<int>(found - rows_.begin());
    const auto to = static_cast<int>(i);
    if (found == rows_.end()) {
      beginInsertRows({}, to, to);
      rows_.insert(i, wanted[i]);
      endInsertRows();
    } else if (from != to) {
      beginMoveRows({}, from, from, {}, to);
      rows_.move(from, to);
      endMoveRows();
    }
    if (rows_[i] != wanted[i]) {
      rows_[i] = wanted[i];
      emit dataChanged(index(to), index(to));
    }
  }
  if (rows_.size() != oldCount) emit countChanged();
}

void ConversationListModel::setActive(qint64 conversationId) {
  if (conversationId == active_) return;
  active_ = conversationId;
  if (!rows_.isEmpty()) emit dataChanged(index(0), index(count() - 1), {ActiveRole});
}

void ConversationListModel::step(int delta) {
  if (rows_.isEmpty()) return;
  const auto active = std::find_if(rows_.begin(), rows_.end(), [this](const Row& row) { return row.id == active_; });
  const qsizetype from = active == rows_.end() ? (delta > 0 ? -1 : 0) : active - rows_.begin();
  emit openRequested(rows_[(from + delta + rows_.size()) % rows_.size()].id);
}

void ConversationListModel::rename(qint64 conversationId, const QString& title) {
  const QString given = title.simplified();
  if (given.isEmpty()) return;
  whenDone(
      history_.renameConversation(conversationId, given), this,
      [this, conversationId, given] {
        emit renamed(conversationId, given);
        refresh();
      },
      [this](const HistoryError& error) { report(tr("The chat could not be renamed."), error); });
}

void ConversationListModel::setPinned(qint64 conversationId, bool pinned) {
  whenDone(
      history_.setPinned(conversationId, pinned), this, [this] { refresh(); },
      [this](const HistoryError& error) { report(tr("The chat could not be pinned."), error); });
}

void ConversationListModel::remove(qint64 conversationId) {
  const auto row = std::find_if(rows_.begin(), rows_.end(), [=](const Row& each) { return each.id == conversationId; });
  if (row == rows_.end()) return;
  const QString title = row->title.isEmpty() ? tr("Untitled chat") : row->title;
  whenDone(
      history_.deleteConversation(conversationId), this,
      [this, conversationId, title] {
        undoId_ = conversationId;
        undoWasActive_ = conversationId == active_;
        undoTitle_ = title;
        emit undoTitleChanged();
        emit removed(conversationId);
        refresh();
      },
      [this](const HistoryError& error) { report(tr("The chat could not be deleted."), error); });
}

void ConversationListModel::undoRemove() {
  if (undoId_ == 0) return;
  const qint64 conversationId = undoId_;
  const bool wasActive = undoWasActive_;
  dismissUndo();
  whenDone(
      history_.restoreConversation(conversationId), this,
      [this, conversationId, wasActive] {
        if (wasActive) emit openRequested(conversationId);
        refresh();
      },
      [this](const HistoryError& error) { report(tr("The chat could not be brought back."), error); });
}

void ConversationListModel::dismissUndo() {
  if (undoId_ == 0) return;
  undoId_ = 0;
  undoTitle_.clear();
  emit undoTitleChanged();
}

void ConversationListModel::report(const QString& sentence, const HistoryError& error) {
  emit failed(sentence, error.sentence());
}

}  // namespace app
