#include "app/hub/hub_account.h"

#include "app/network/http_rules.h"

namespace app {

HubAccount::HubAccount(Keeper keeper, QObject* parent) : QObject(parent), entry_(keeper) {
  connect(&entry_, &KeychainEntry::changed, this, [this] {
    if (!entry_.problem().isEmpty())
      setProblem(tr("The token is forgotten here, but the keychain still has it: %1.").arg(entry_.problem()));
    emit tokenChanged();
  });
  connect(&entry_, &KeychainEntry::busyChanged, this, [this] {
    emit busyChanged();
    emit tokenChanged();  // keptWhere() says so
  });
}

QString HubAccount::keptWhere() const {
  if (!hasToken()) return {};
  if (!entry_.isKept() && busy()) return tr("The token is being put into the system's keychain.");
  return entry_.isKept() ? tr("The token is kept in the system's keychain.")
                         : tr("The token is kept until Sotto is closed, because no keychain of the system answers.");
}

void HubAccount::setOrigin(const QUrl& hub) {
  const QUrl origin = originOf(hub);
  if (origin == origin_) return;
  origin_ = origin;
  setProblem({});
  entry_.setName(origin_.isEmpty() ? QString() : QStringLiteral("token for %1").arg(origin_.toString()));
}

QByteArray HubAccount::tokenFor(const QUrl& url) const {
  return !origin_.isEmpty() && originOf(url) == origin_ ? entry_.secret() : QByteArray();
}

void HubAccount::setToken(const QString& text) {
  const QByteArray token = text.trimmed().toUtf8();
  if (!KeychainEntry::isSecret(token)) {
    setProblem(tr("That is no access token: one is a single word such as hf_abc, without spaces."));
    return;
  }
  setProblem({});
  entry_.set(token);
}

void HubAccount::removeToken() {
  setProblem({});
  entry_.remove();
}

void HubAccount::setProblem(const QString& sentence) {
  if (sentence == problem_) return;
  problem_ = sentence;
  emit problemChanged();
}

}  // namespace app
