#pragma once

#include <QByteArray>
#include <QObject>
#include <QString>

namespace app {

/// One secret of the person's, kept in the system's keychain under a name; where no keychain answers, for this run of
/// the program only. Never in a file of ours, never in a log. UI thread; the keychain is asked asynchronously.
class KeychainEntry : public QObject {
  Q_OBJECT

 public:
  static constexpr qsizetype kLongestSecret = 512;

  enum class Keeper { SystemKeychain, SessionOnly };

  explicit KeychainEntry(Keeper keeper, QObject* parent = nullptr);

  /// The entry that is meant from now on; what is kept under the name is looked for. The entry of the name before stays
  /// in the keychain. Empty: none, and secrets are kept for this run only.
  void setName(const QString& name);
  const QString& name() const { return name_; }

  const QByteArray& secret() const { return secret_; }  ///< empty: none, or not known yet
  bool isKept() const { return kept_; }                 ///< the keychain has it: it outlasts this run
  bool busy() const { return jobs_ > 0; }               ///< the keychain is being asked
  /// Why a secret that was removed is still in the keychain, in the keychain's words; empty: it is not.
  const QString& problem() const { return problem_; }

  /// A single word of printable ASCII, at most kLongestSecret long: what can stand in a header of HTTP.
  static bool isSecret(const QByteArray& text);
  /// Takes a secret and has it stored; it must be one.
  void set(const QByteArray& secret);
  /// Forgets the secret, here and in the keychain.
  void remove();

 signals:
  void changed();  ///< of secret(), isKept() or problem()
  void busyChanged();

 private:
  void load();
  void take(const QByteArray& secret, bool kept);
  void setProblem(const QString& reason);
  void jobStarted();
  void jobEnded();

  Keeper keeper_;
  QString name_;
  QByteArray secret_;
  QString problem_;
  bool kept_ = false;
  int jobs_ = 0;
  int changes_ = 0;  // of secret or name: an older answer of the keychain does not undo a newer change
};

}  // namespace app
