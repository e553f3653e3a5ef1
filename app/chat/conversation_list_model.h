#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QList>
#include <QString>
#include <QTimer>

#include "app/history/history_values.h"

namespace app {

class History;
class HistoryError;

/// The sidebar: all conversations by day, or what a search found. UI thread; borrows the history, which outlives it.
class ConversationListModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The conversations come from the application root.")

  Q_PROPERTY(QString query READ query WRITE setQuery NOTIFY queryChanged)
  Q_PROPERTY(bool searching READ searching NOTIFY searchingChanged)
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(QString undoTitle READ undoTitle NOTIFY undoTitleChanged)

 public:
  enum Role {
    ConversationIdRole = Qt::UserRole + 1,
    TitleRole,
    SectionRole,  ///< the group it stands in, for people: Pinned, Today, Yesterday ...; empty while searching
    PinnedRole,
    ActiveRole,        ///< it is the open one
    SnippetRole,       ///< rich text of a hit, matches in <b>; empty unless searching
    HitMessageIdRole,  ///< message of a hit; 0: the title
  };

  explicit ConversationListModel(History& history, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;
  int count() const { return static_cast<int>(rows_.size()); }

  QString query() const { return query_; }
  /// What to look for; empty: all conversations. The search follows a moment later.
  void setQuery(const QString& query);
  bool searching() const { return !query_.trimmed().isEmpty(); }
  /// Title of the conversation that was moved to the trash last, while that can be undone; empty: none.
  QString undoTitle() const { return undoTitle_; }

  Q_INVOKABLE void rename(qint64 conversationId, const QString& title);
  Q_INVOKABLE void setPinned(qint64 conversationId, bool pinned);
  /// Moves it to the trash.
  Q_INVOKABLE void remove(qint64 conversationId);
  Q_INVOKABLE void undoRemove();
  Q_INVOKABLE void dismissUndo();
  /// Ask for the conversation below (above) the open one, going round at the end.
  Q_INVOKABLE void next() { step(1); }
  Q_INVOKABLE void previous() { step(-1); }

  /// Reads the conversations again.
  void refresh();
  /// Which conversation is open; 0: none of them.
  void setActive(qint64 conversationId);

 signals:
  void queryChanged();
  void searchingChanged();
  void countChanged();
  void undoTitleChanged();
  void openRequested(qint64 conversationId);
  void renamed(qint64 conversationId, const QString& title);
  void removed(qint64 conversationId);
  /// What was asked for could not be done.
  void failed(const QString& sentence, const QString& detail);

 private:
  struct Row {
    qint64 id = 0;
    qint64 hitMessageId = 0;
    QString title;
    QString section;
    QString snippet;
    bool pinned = false;
    bool operator==(const Row&) const = default;
  };

  void showRows(const QList<Row>& rows);
  void step(int delta);
  void report(const QString& sentence, const HistoryError& error);

  History& history_;
  QList<Row> rows_;
  QString query_;
  QTimer searchTimer_;
  quint64 asked_ = 0;  // counts what was asked of the history, so that a late answer is recognised
  qint64 active_ = 0;
  qint64 undoId_ = 0;
  bool undoWasActive_ = false;
  QString undoTitle_;
};

}  // namespace app
