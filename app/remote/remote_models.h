#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QNetworkAccessManager>
#include <functional>
#include <memory>
#include <vector>

#include "app/remote/completion_stream.h"
#include "app/remote/endpoint_check.h"
#include "app/remote/remote_model.h"
#include "app/settings/keychain_entry.h"
#include "app/settings/settings.h"

namespace app {

/// The person's models on other machines, as rows; kept in Settings, their keys in the system's keychain. Also the one
/// that asks them. UI thread.
class RemoteModels : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The remote models come from the application root.")

  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)
  Q_PROPERTY(app::EndpointCheck* test READ test CONSTANT)

 public:
  static constexpr int kMost = Settings::kMostRemoteModels;

  enum Role {
    RemoteIdRole = Qt::UserRole + 1,
    LocationRole,  ///< "remote:<id>", for ModelRunner::load
    TitleRole,
    HostRole,  ///< "host:8000": where the text goes
    AddressRole,
    ModelRole,          ///< the server's name for it
    ContextLengthRole,  ///< tokens; 0: not known
    HasKeyRole,
    KeyTextRole,      ///< where the key is kept, in a sentence; empty: there is none
    KeyBusyRole,      ///< the keychain is being asked
    EncryptedRole,    ///< https
    ThisMachineRole,  ///< the server runs here: nothing leaves the machine
    PlainHttpRole,    ///< the person accepted that it is not encrypted
  };

  /// `blocked` says in a sentence why nothing may be asked now (Hub::blocked); empty: it may. Borrows `settings`.
  RemoteModels(Settings& settings, std::function<QString()> blocked, KeychainEntry::Keeper keeper,
               QObject* parent = nullptr);
  ~RemoteModels() override;

  int count() const { return static_cast<int>(models_.size()); }
  QString problem() const { return problem_; }  ///< why the last verb did nothing; empty: it did
  EndpointCheck* test() { return &test_; }

  /// By "remote:<id>"; null: there is none such. Valid until the next change of the rows.
  const RemoteModel* find(const QString& location) const;

  /// Adds one at the end and gives its id; empty: it was refused, problem() says why. `plainHttp`: the person accepts
  /// that it is not encrypted.
  Q_INVOKABLE QString add(const QString& address, const QString& model, const QString& title, int contextLength,
                          bool plainHttp);
  /// Changes one; false: it was refused. Where the address has another origin its key is forgotten.
  Q_INVOKABLE bool change(const QString& id, const QString& address, const QString& model, const QString& title,
                          int contextLength, bool plainHttp);
  /// With its key.
  Q_INVOKABLE void remove(const QString& id);

  /// What is wrong with an address as the person types it; empty: nothing.
  Q_INVOKABLE QString addressProblem(const QString& address) const;
  /// Whether the person must accept that text and key go to another machine unencrypted.
  Q_INVOKABLE bool needsPlainHttp(const QString& address) const;

  /// Takes a key and stores it; false: it can be none, problem() says why.
  Q_INVOKABLE bool setKey(const QString& id, const QString& text);
  Q_INVOKABLE void removeKey(const QString& id);
  /// Gives the key (empty: none) once the keychain has answered; never where `context` is gone by then.
  void keyFor(const QString& id, QObject* context, const std::function<void(const QByteArray& key)>& take);

  /// Tests an address, with the key typed, else with the stored one of `id` where that is of the same origin. What came
  /// of it is in test().
  Q_INVOKABLE void testAddress(const QString& address, const QString& key, bool plainHttp, const QString& id = {});

  /// Has a remote model answer. The stream has begun; where that is not possible it fails soon, with a sentence. Where
  /// the network is blocked meanwhile it ends with that sentence. Owned by this object; delete it with deleteLater().
  CompletionStream* ask(const QString& location, const CompletionQuestion& question);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

 signals:
  void countChanged();
  void problemChanged();
  /// A model was changed: whoever shows or uses it looks again.
  void modelChanged(const QString& location);
  void modelRemoved(const QString& location);

 private:
  struct Kept {
    RemoteModel model;
    std::unique_ptr<KeychainEntry> key;
    QStringList unknownFields;  // that the server did not take in this run
  };

  void append(const RemoteModel& model);
  void retire(std::unique_ptr<KeychainEntry> key);
  void begin(CompletionStream* stream, const RemoteModel& model);
  int rowOf(const QString& id) const;
  bool read(const QString& address, const QString& model, const QString& title, int contextLength, bool plainHttp,
            RemoteModel& into);
  void rowChanged(const QString& id);
  QString keyText(const KeychainEntry& key) const;
  void setProblem(const QString& sentence);
  void store();
  void endIfBlocked();

  Settings& settings_;
  std::function<QString()> blocked_;
  KeychainEntry::Keeper keeper_;
  QNetworkAccessManager network_;
  EndpointCheck test_;
  std::vector<Kept> models_;
  QString problem_;
};

}  // namespace app
