#include "app/hub/hub_account.h"

#include <qt6keychain/keychain.h>

#include <algorithm>

namespace app {

namespace {

const QString kService = QStringLiteral("io.sotto.Sotto");

bool isToken(const QByteArray& text) {
  return !text.isEmpty() && text.size() <= HubAccount::kLongestToken &&
         std::all_of(text.begin(), text.end(), [](char letter) { return letter > 0x20 && letter < 0x7f; });
}

}  // namespace

QUrl hubOrigin(const QUrl& url) {
  if (url.host().isEmpty()) return {};
  QUrl origin;
  origin.setScheme(url.scheme().toLower());
  origin.setHost(url.host().toLower());
  origin.setPort(url.port(url.scheme().toLower() == QLatin1String("http") ? 80 : 443));
  return origin;
}

HubAccount::HubAccount(Keeper keeper, QObject* parent) : QObject(parent), keeper_(keeper) {}

QString HubAccount::keptWhere() const {
  if (!hasToken()) return {};
  if (!inKeychain_ && busy()) return tr("The token is being put into the system's keychain.");
  return inKeychain_ ? tr("The token is kept in the system's keychain.")
                     : tr("The token is kept until Sotto is closed, because no keychain of the system answers.");
}

QString HubAccount::key() const {
  return QStringLiteral("token for %1").arg(origin_.toString());
}

void HubAccount::setOrigin(const QUrl& hub) {
  const QUrl origin = hubOrigin(hub);
  if (origin == origin_) return;
  origin_ = origin;
  ++changes_;
  setProblem({});
  setTokenBytes({}, false);
  load();
}

QByteArray HubAccount::tokenFor(const QUrl& url) const {
  return !origin_.isEmpty() && hubOrigin(url) == origin_ ? token_ : QByteArray();
}

void HubAccount::load() {
  if (keeper_ == Keeper::SessionOnly || origin_.isEmpty()) return;
  auto* job = new QKeychain::ReadPasswordJob(kService, this);
  job->setKey(key());
  job->setInsecureFallback(false);
  connect(job, &QKeychain::Job::finished, this, [this, job, change = changes_] {
    // Without a keychain, or an entry in it, there is nothing to say: setToken() will, when there is a token to keep.
    const QByteArray token = job->error() == QKeychain::NoError ? job->textData().toLatin1() : QByteArray();
    if (change == changes_ && isToken(token)) setTokenBytes(token, true);
    jobEnded();
  });
  jobStarted();
  job->start();
}

void HubAccount::setToken(const QString& text) {
  const QString trimmed = text.trimmed();
  const QByteArray token = trimmed.toUtf8();
  if (!isToken(token)) {
    setProblem(tr("That is no access token: one is a single word such as hf_abc, without spaces."));
    return;
  }
  ++changes_;
  setProblem({});
  setTokenBytes(token, false);
  if (keeper_ == Keeper::SessionOnly || origin_.isEmpty()) return;
  auto* job = new QKeychain::WritePasswordJob(kService, this);
  job->setKey(key());
  job->setInsecureFallback(false);
  job->setTextData(QString::fromLatin1(token));
  connect(job, &QKeychain::Job::finished, this, [this, job, token, change = changes_] {
    if (change == changes_ && job->error() == QKeychain::NoError) setTokenBytes(token, true);
    jobEnded();
  });
  jobStarted();
  job->start();
}

void HubAccount::removeToken() {
  const bool wasKept = inKeychain_;
  ++changes_;
  setProblem({});
  setTokenBytes({}, false);
  if (keeper_ == Keeper::SessionOnly || origin_.isEmpty()) return;
  auto* job = new QKeychain::DeletePasswordJob(kService, this);
  job->setKey(key());
  job->setInsecureFallback(false);
  connect(job, &QKeychain::Job::finished, this, [this, job, wasKept, change = changes_] {
    const bool gone = job->error() == QKeychain::NoError || job->error() == QKeychain::EntryNotFound;
    if (change == changes_ && wasKept && !gone)
      setProblem(tr("The token is forgotten here, but the keychain still has it: %1.").arg(job->errorString()));
    jobEnded();
  });
  jobStarted();
  job->start();
}

void HubAccount::setTokenBytes(const QByteArray& token, bool inKeychain) {
  if (token == token_ && inKeychain == inKeychain_) return;
  token_ = token;
  inKeychain_ = inKeychain;
  emit tokenChanged();
}

void HubAccount::setProblem(const QString& sentence) {
  if (sentence == problem_) return;
  problem_ = sentence;
  emit problemChanged();
}

void HubAccount::jobStarted() {
  if (++jobs_ > 1) return;
  emit busyChanged();
  emit tokenChanged();  // keptWhere() says so
}

void HubAccount::jobEnded() {
  if (--jobs_ > 0) return;
  emit busyChanged();
  emit tokenChanged();
}

}  // namespace app
