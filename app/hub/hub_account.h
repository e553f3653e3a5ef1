#pragma once

#include <QtQml/qqmlregistration.h>

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QUrl>

namespace app {

/// The person's access token for a hub, kept in the system's keychain; where there is none, for this run of the program
/// only, which keptWhere() says. Never in a file of ours, never in a log. Each origin (scheme, host, port) has a token
/// of its own, so that a mirror is not given the hub's. UI thread; the keychain is asked asynchronously.
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
  static constexpr qsizetype kLongestToken = 512;

  enum class Keeper { SystemKeychain, SessionOnly };

  explicit HubAccount(Keeper keeper = Keeper::SystemKeychain, QObject* parent = nullptr);

  bool hasToken() const { return !token_.isEmpty(); }
  bool busy() const { return jobs_ > 0; }  ///< the keychain is being asked
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
  void load();
  QString key() const;
  void setTokenBytes(const QByteArray& token, bool inKeychain);
  void setProblem(const QString& sentence);
  void jobStarted();
  void jobEnded();

  Keeper keeper_;
  QUrl origin_;  // scheme, host and port only
  QByteArray token_;
  QString problem_;
  bool inKeychain_ = false;
  int jobs_ = 0;
  int changes_ = 0;  // of token or origin: an older answer of the keychain does not undo a newer change
};

/// Scheme, host and port of an address, the port always said; empty for an address without a host.
QUrl hubOrigin(const QUrl& url);

}  // namespace app
