#pragma once

#include <QtQml/qqmlregistration.h>

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QStringList>
#include <QUrl>

class QNetworkAccessManager;

namespace app {

class HttpFetch;
struct HttpAnswer;

/// A model that a server names.
struct ServedModel {
  QString name;
  int contextLength = 0;  ///< tokens; 0: not told
};

/// Reads the answer to GET {base}/models: at most kMostServedModels, in the server's order, each name once. `problem`
/// is set where it is no such answer.
QList<ServedModel> readServedModels(const QByteArray& json, QString& problem);
inline constexpr int kMostServedModels = 500;

/// Whether an address answers, and with which models: GET {base}/models. One question at a time; a new one ends the one
/// before. UI thread.
class EndpointCheck : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The test comes from the remote models.")

  Q_PROPERTY(bool running READ isRunning NOTIFY changed)
  Q_PROPERTY(bool passed READ hasPassed NOTIFY changed)
  Q_PROPERTY(QString problem READ problem NOTIFY changed)
  Q_PROPERTY(QString address READ address NOTIFY changed)
  Q_PROPERTY(QStringList models READ models NOTIFY changed)

 public:
  explicit EndpointCheck(QNetworkAccessManager& network, QObject* parent = nullptr);
  ~EndpointCheck() override;

  bool isRunning() const { return fetch_ != nullptr; }
  bool hasPassed() const { return passed_; }            ///< the last test was answered with models
  QString problem() const { return problem_; }          ///< why not, in a sentence
  QString address() const { return base_.toString(); }  ///< of the last test, as it was understood
  QStringList models() const;                           ///< names, of the last test

  /// Tokens that the server reads at most with a model; 0: it does not say.
  Q_INVOKABLE int contextLength(const QString& model) const;
  /// Ends the test under way, and forgets the last one's outcome.
  Q_INVOKABLE void clear();

  void start(const QUrl& base, const QByteArray& key, bool plainHttp);
  /// Nothing is asked, for this reason.
  void refuse(const QString& sentence);

 signals:
  void changed();

 private:
  void take(const HttpAnswer& answer);

  QNetworkAccessManager& network_;
  HttpFetch* fetch_ = nullptr;  // a child of this; null: nothing is under way
  QUrl base_;
  QList<ServedModel> served_;
  QString problem_;
  bool hasKey_ = false;
  bool passed_ = false;
};

}  // namespace app
