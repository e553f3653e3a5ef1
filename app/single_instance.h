#pragma once

#include <QLocalServer>
#include <QLockFile>
#include <QObject>
#include <QString>

namespace app {

/// One running program per data folder: the first keeps a lock file in the folder and listens on a local socket that
/// only this person may open; a later one hands its argument over and ends. The lock of a process that was killed
/// is recognised by its dead process id and taken over.
/// Lives on the UI thread; start() may wait a few seconds in the second process only.
class SingleInstance : public QObject {
  Q_OBJECT

 public:
  enum class Outcome {
    First,       ///< go on; raiseRequested will tell of later starts
    Raised,      ///< the running program has taken the argument: end with status 0
    Unguarded,   ///< no lock can be kept here (read-only folder ...): go on, and show sentence()
    Unanswered,  ///< a running program holds the folder but does not answer: show sentence() and end with status 1
  };

  /// dataDir: the folder that is guarded; made if it is missing.
  explicit SingleInstance(const QString& dataDir, QObject* parent = nullptr);
  ~SingleInstance() override;

  /// Becomes the first, or hands `argument` (a model path or a chat, whatever the first understands; may be empty;
  /// at most 64 KB as UTF-8) to the one that is. Call it once.
  Outcome start(const QString& argument);

  /// For the person; empty unless the outcome is Unguarded or Unanswered.
  QString sentence() const { return sentence_; }

 signals:
  /// Another start on the same folder: raise the window; `argument` is what it brought.
  void raiseRequested(const QString& argument);

 private:
  enum class Handover { Taken, NobodyThere, NoAnswer };

  bool listen();
  Handover handOver(const QString& argument);
  void receive();

  QString dataDir_;
  QString socketPath_;
  QLockFile lock_;
  QLocalServer server_;
  QString sentence_;
};

}  // namespace app
