#pragma once

#include <QObject>
#include <QString>
#include <QThreadPool>
#include <functional>
#include <memory>

#include "app/chat/local_model.h"

namespace app {

/// Loads models on a thread of its own, one at a time: a load begins when the one before it has ended. UI thread; so are
/// the signals, of the newest load only.
class ModelLoader : public QObject {
  Q_OBJECT

 public:
  explicit ModelLoader(QObject* parent = nullptr);
  /// Cancels and waits for everything under way.
  ~ModelLoader() override;

  bool isLoading() const { return ticket_ != nullptr; }
  QString path() const;  ///< of the model that is loading; empty: none
  QString name() const;  ///< likewise; the name of its folder where it has no title

  /// Begins a load, in place of any under way; `title` is the model's name where its path does not tell it.
  void start(const QString& path, const QString& title);
  /// Ends the load under way; no signal of it comes any more.
  void cancel();
  /// Runs something that blocks on the loading thread, after what is under way there and before what comes later.
  void run(std::function<void()> job);
  void waitForDone();

 signals:
  /// The header is sound and the weights are read next: whatever was loaded before can be let go of.
  void headerRead();
  void progressed(double share);
  void loaded(const std::shared_ptr<const app::LocalModel>& model, const QString& path);
  void failed(const QString& path, const QString& error, const QString& detail);

 private:
  struct Ticket;

  void readHeader(const std::shared_ptr<Ticket>& ticket);
  void readWeights(const std::shared_ptr<Ticket>& ticket);
  void end(const std::shared_ptr<Ticket>& ticket, std::shared_ptr<const LocalModel> model);
  void fail(const std::shared_ptr<Ticket>& ticket);

  std::shared_ptr<Ticket> ticket_;  // of the load under way; shared with the loading thread
  QThreadPool thread_;              // one
};

}  // namespace app
