#pragma once

#include <QObject>
#include <QString>
#include <QTimer>

#include "app/history/history_values.h"

namespace app {

class History;
class HistoryError;
class Reply;

/// Keeps a running reply in the history: its text at most half a second after it came, and how it ended. Child of the
/// reply. UI thread; borrows the history, which outlives it.
class ReplyRecorder : public QObject {
  Q_OBJECT

 public:
  /// `before`: the stored reply where it is written on; else a default one.
  ReplyRecorder(History& history, Reply& reply, const Message& before);

  /// The program ends: stores what there is, as interrupted.
  void interrupt();
  /// How the reply stands, as it is stored.
  ReplyOutcome outcome(MessageStatus status) const;

 signals:
  /// The final state is on the disk.
  void stored();
  void failed(const QString& sentence);

 private:
  void save();
  void finish();
  void report(const HistoryError& error);

  History& history_;
  Reply& reply_;
  Message before_;
  QTimer timer_;
};

}  // namespace app
