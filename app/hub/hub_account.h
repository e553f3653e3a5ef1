#pragma once

#include <QtQml/qqmlregistration.h>

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QUrl>

#include "app/settings/keychain_entry.h"

namespace app {

/// The person's access token for a hub, kept in the system's keychain; where there is none, for this run of the program
/// only, which keptWhere() says. Each origin (scheme, host, port) has a token of its own, so that a mirror is not given
/// the hub's. UI thread; the keychain is asked asynchronously.
class HubAccount : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The account comes from the application root.")

  Q_PROPERTY(bool hasToken READ hasToken NOTIFY tokenChanged)
  Q_PROPERTY(bool busy READ busy NOTIFY busyChanged)
  Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)
  Q_PROPERTY(QString keptWhere READ keptWhere NOTIFY tokenChanged)
  Q_PROPERTY(QString host READ host NOTIFY tokenChanged)

 public:
  static constexpr qsizetype kLongestToken = KeychainEntry::kLongestSecret;

  using Keeper = KeychainEntry::Keeper;

  explicit HubAccount(Keeper keeper = Keeper::SystemKeychain, QObject* parent = nullptr);

  bool hasToken() const { return !entry_.secret().isEmpty(); }
  bool busy() const { return entry_.busy(); }  ///< the keychain is being asked
  QString problem() const { return problem_; }
  /// "The token is in the system's keychain.", "... until Sotto is closed"; empty without a token.
  QString keptWhere() const;
  /// Of the hub that the token is for: "huggingface.co".
  QString host() const { return origin_.host(); }

  /// The hub that is asked from now on; its token is looked for in the keychain. Hub calls it.
  void setOrigin(const QUrl& hub);
  /// The token where `url` is of its origin, else empty.
  QByteArray tokenFor(const QUrl& url) const;

  /// Takes a token and stores it. What cannot be one (spaces, other than printable ASCII, too long) is refused by
  /// problem().
  Q_INVOKABLE void setToken(const QString& text);
  /// Forgets the token, here and in the keychain.
  Q_INVOKABLE void removeToken();

 signals:
  void tokenChanged();
  void busyChanged();
  void problemChanged();

 private:
  void setProblem(const QString& sentence);

  KeychainEntry entry_;
  QUrl origin_;  // scheme, host and port only
  QString problem_;
};

}  // namespace app
