#pragma once

#include <QtQml/qqmlregistration.h>

#include <QByteArray>
#include <QObject>
#include <QString>

namespace app {

/// The person's access token for a hub, kept in the system's keychain; where there is none, for this run of the program
/// only, which keptWhere() says. Never in a file of ours, never in a log. UI thread; the keychain is asked asynchronously.
class HubAccount : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The account comes from the application root.")

  Q_PROPERTY(bool hasToken READ hasToken NOTIFY tokenChanged)
  Q_PROPERTY(bool busy READ busy NOTIFY busyChanged)
  Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)
  Q_PROPERTY(QString keptWhere READ keptWhere NOTIFY tokenChanged)

 public:
  /// The one that keeps secrets; the tests give a folder-free one of their own.
  enum class Keeper { SystemKeychain, SessionOnly };

  explicit HubAccount(Keeper keeper = Keeper::SystemKeychain, QObject* parent = nullptr);

  bool hasToken() const { return !token_.isEmpty(); }
  bool busy() const { return jobs_ > 0; }
  QString problem() const { return problem_; }
  /// "in the system's keychain", "until Sotto is closed ..."; empty without a token.
  QString keptWhere() const;
  /// For requests to Hugging Face's own origin only (HttpGet sees to that); empty: none.
  const QByteArray& token() const { return token_; }

  /// Reads the token from the keychain; the program calls it once at its start.
  void load();
  /// Takes a token and stores it. What cannot be a token (spaces, control characters, longer than 512) is refused by
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
  void setJobs(int jobs);

  Keeper keeper_;
  QByteArray token_;
  QString problem_;
  bool inKeychain_ = false;
  int jobs_ = 0;
  int changes_ = 0;  // counts setToken and removeToken: an older answer of the keychain does not undo a newer one
};

}  // namespace app
