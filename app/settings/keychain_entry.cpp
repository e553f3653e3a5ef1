#include "app/settings/keychain_entry.h"

#include <qt6keychain/keychain.h>

#include <algorithm>

namespace app {

namespace {

const QString kService = QStringLiteral("io.sotto.Sotto");

}  // namespace

KeychainEntry::KeychainEntry(Keeper keeper, QObject* parent) : QObject(parent), keeper_(keeper) {}

bool KeychainEntry::isSecret(const QByteArray& text) {
  return !text.isEmpty() && text.size() <= kLongestSecret &&
         std::all_of(text.begin(), text.end(), [](char letter) { return letter > 0x20 && letter < 0x7f; });
}

void KeychainEntry::setName(const QString& name) {
  if (name == name_) return;
  name_ = name;
  ++changes_;
  setProblem({});
  take({}, false);
  load();
}

void KeychainEntry::load() {
  if (keeper_ == Keeper::SessionOnly || name_.isEmpty()) return;
  auto* job = new QKeychain::ReadPasswordJob(kService, this);
  job->setKey(name_);
  job->setInsecureFallback(false);
  connect(job, &QKeychain::Job::finished, this, [this, job, change = changes_] {
    // Without a keychain, or an entry in it, there is nothing to say: set() will, when there is a secret to keep.
    const QByteArray secret = job->error() == QKeychain::NoError ? job->textData().toLatin1() : QByteArray();
    if (change == changes_ && isSecret(secret)) take(secret, true);
    jobEnded();
  });
  jobStarted();
  job->start();
}

void KeychainEntry::set(const QByteArray& secret) {
  Q_ASSERT(isSecret(secret));
  ++changes_;
  setProblem({});
  take(secret, false);
  if (keeper_ == Keeper::SessionOnly || name_.isEmpty()) return;
  auto* job = new QKeychain::WritePasswordJob(kService, this);
  job->setKey(name_);
  job->setInsecureFallback(false);
  job->setTextData(QString::fromLatin1(secret));
  connect(job, &QKeychain::Job::finished, this, [this, job, secret, change = changes_] {
    if (change == changes_ && job->error() == QKeychain::NoError) take(secret, true);
    jobEnded();
  });
  jobStarted();
  job->start();
}

void KeychainEntry::remove() {
  const bool wasKept = kept_;
  ++changes_;
  setProblem({});
  take({}, false);
  if (keeper_ == Keeper::SessionOnly || name_.isEmpty()) return;
  auto* job = new QKeychain::DeletePasswordJob(kService, this);
  job->setKey(name_);
  job->setInsecureFallback(false);
  connect(job, &QKeychain::Job::finished, this, [this, job, wasKept, change = changes_] {
    const bool gone = job->error() == QKeychain::NoError || job->error() == QKeychain::EntryNotFound;
    if (change == changes_ && wasKept && !gone) setProblem(job->errorString());
    jobEnded();
  });
  jobStarted();
  job->start();
}

void KeychainEntry::take(const QByteArray& secret, bool kept) {
  if (secret == secret_ && kept == kept_) return;
  secret_ = secret;
  kept_ = kept;
  emit changed();
}

void KeychainEntry::setProblem(const QString& reason) {
  if (reason == problem_) return;
  problem_ = reason;
  emit changed();
}

void KeychainEntry::jobStarted() {
  if (++jobs_ == 1) emit busyChanged();
}

void KeychainEntry::jobEnded() {
  if (--jobs_ == 0) emit busyChanged();
}

}  // namespace app
