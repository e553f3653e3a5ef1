#include "app/chat/model_loader.h"

#include <QFileInfo>
#include <atomic>
#include <utility>

#include "app/chat/failure.h"
#include "app/chat/model_summary.h"

namespace app {

/// One load under way.
struct ModelLoader::Ticket {
  QString path;
  QString title;
  std::atomic<bool> cancelled = false;  // set by the UI thread, read by the loading and the engine thread
  std::atomic<int> percentPosted = 0;   // engine thread only, but for the start
};

ModelLoader::ModelLoader(QObject* parent) : QObject(parent) {
  thread_.setMaxThreadCount(1);
}

ModelLoader::~ModelLoader() {
  cancel();
  waitForDone();
}

QString ModelLoader::path() const {
  return ticket_ ? ticket_->path : QString();
}

QString ModelLoader::name() const {
  if (!ticket_) return {};
  return ticket_->title.isEmpty() ? QFileInfo(ticket_->path).fileName() : ticket_->title;
}

void ModelLoader::start(const QString& path, const QString& title) {
  cancel();
  ticket_ = std::make_shared<Ticket>();
  ticket_->path = path;
  ticket_->title = title;
  run([this, ticket = ticket_] { readHeader(ticket); });
}

void ModelLoader::cancel() {
  if (ticket_) ticket_->cancelled = true;
  ticket_.reset();
}

void ModelLoader::run(std::function<void()> job) {
  thread_.start(std::move(job));
}

void ModelLoader::waitForDone() {
  thread_.waitForDone();
}

void ModelLoader::readHeader(const std::shared_ptr<Ticket>& ticket) {
  if (ticket->cancelled) return;
  try {
    // A second look at the header is cheap, and it keeps the model in use from being given up for one that cannot run.
    chooseTemplate(inspectModel(ticket->path, ticket->title));
  } catch (...) {
    return fail(ticket);
  }
  QMetaObject::invokeMethod(this, [this, ticket] {
    if (ticket != ticket_) return;
    emit headerRead();
    run([this, ticket] { readWeights(ticket); });
  });
}

void ModelLoader::readWeights(const std::shared_ptr<Ticket>& ticket) {
  if (ticket->cancelled) return;
  const auto onProgress = [this, ticket](double share) {
    const int percent = static_cast<int>(share * 100);
    if (percent != ticket->percentPosted.exchange(percent)) {
      QMetaObject::invokeMethod(this, [this, ticket, share] {
        if (ticket == ticket_) emit progressed(share);
      });
    }
    return !ticket->cancelled;
  };
  std::shared_ptr<const LocalModel> model;
  try {
    model = LocalModel::load(ticket->path, ticket->title, onProgress);
  } catch (...) {
    return fail(ticket);
  }
  if (!model) return;  // cancelled; whoever did that knows
  QMetaObject::invokeMethod(this, [this, ticket, model]() mutable { end(ticket, std::move(model)); });
}

void ModelLoader::end(const std::shared_ptr<Ticket>& ticket, std::shared_ptr<const LocalModel> model) {
  if (ticket != ticket_) {
    run([late = std::move(model)] {});  // ending an engine waits for its thread: not here
    return;
  }
  ticket_.reset();
  emit loaded(model, ticket->path);
}

/// Tells, on the UI thread, of what was just caught. Loading thread.
void ModelLoader::fail(const std::shared_ptr<Ticket>& ticket) {
  const Failure failure = currentFailure();
  QMetaObject::invokeMethod(this, [this, ticket, failure] {
    if (ticket != ticket_) return;
    ticket_.reset();
    emit failed(ticket->path, failure.error, failure.detail);
  });
}

}  // namespace app
