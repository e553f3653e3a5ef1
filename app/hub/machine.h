#pragma once

#include <QtQml/qqmlregistration.h>

#include <QObject>
#include <QThreadPool>

#include "app/hub/model_fit.h"

namespace app {

/// This machine as it matters to models: cores, memory, and how fast memory is read, measured once a run on a thread of
/// its own. UI thread.
class Machine : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The machine comes from the application root.")

  Q_PROPERTY(QString sentence READ sentence NOTIFY factsChanged)
  Q_PROPERTY(bool measuring READ measuring NOTIFY factsChanged)

 public:
  explicit Machine(QObject* parent = nullptr);
  /// A machine with given numbers: nothing is read or measured.
  explicit Machine(const MachineFacts& facts, QObject* parent = nullptr);
  /// Waits for a measurement under way, about a second.
  ~Machine() override;

  /// "8 cores, 32.0 GB memory, 21.4 GB of it free, read at 41 GB a second"; empty until look().
  QString sentence() const;
  bool measuring() const { return measuring_; }
  const MachineFacts& facts() const { return facts_; }
  /// "up to 41 tokens a second" for a model that reads so many bytes of weights for each token, and of cache for each
  /// that came before; empty until the memory was measured.
  Q_INVOKABLE QString speedText(double activeBytesPerToken, double kvBytesPerToken) const;

  /// Looks at the machine, and measures its memory where that was not done yet. The Models page calls it when it opens.
  Q_INVOKABLE void look();

 signals:
  void factsChanged();

 private:
  void take(const MachineFacts& facts);

  MachineFacts facts_;
  bool fixed_ = false;
  bool measuring_ = false;
  QThreadPool pool_;  // one thread
};

}  // namespace app
