#pragma once

#include <QtQml/qqmlregistration.h>

#include <QList>
#include <QObject>
#include <QSet>
#include <QString>
#include <QThreadPool>
#include <functional>

namespace app {

class Settings;

/// The files that keep what a model has read of each chat, one a chat, in a folder beside the history, so that a long
/// chat need not be read again after a restart. Their sizes together stay within the person's budget: what was not used
/// for longest goes first. They can be lost without loss. UI thread; the files are looked at on a thread of its own.
class SavedSessions : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The saved sessions come from the application root.")

  Q_PROPERTY(qint64 bytes READ bytes NOTIFY bytesChanged)
  Q_PROPERTY(QString sizeText READ sizeText NOTIFY bytesChanged)

 public:
  /// Borrows `settings`, which outlives it. Removes what a run that was killed left half-written, and what is over budget.
  SavedSessions(Settings& settings, const QString& folder, QObject* parent = nullptr);
  /// Waits for what is under way.
  ~SavedSessions() override;

  /// Of all files, when they were looked at last.
  qint64 bytes() const { return bytes_; }
  QString sizeText() const;

  /// Whether the person wants any.
  bool isOn() const { return budget() > 0; }
  qint64 budget() const;  ///< bytes
  QString path(qint64 conversationId) const;

  /// A session is about to be written: the chat is there (again).
  void expect(qint64 conversationId) { removed_.remove(conversationId); }
  /// The file of a chat was written or read; what is over budget goes.
  void used(qint64 conversationId);
  /// The chat is gone, and its file goes with it.
  void remove(qint64 conversationId);
  /// Removes the files of all other chats.
  void keepOnly(const QList<qint64>& conversations);
  /// Removes them all.
  Q_INVOKABLE void clear();
  /// Looks at the sizes again.
  Q_INVOKABLE void refresh();

 signals:
  void bytesChanged();

 private:
  void run(const std::function<void()>& change);

  Settings& settings_;
  QString folder_;
  qint64 bytes_ = 0;
  QSet<qint64> removed_;  // chats whose file may still be being written
  QThreadPool work_;      // one thread: changes stay in order
};

}  // namespace app
