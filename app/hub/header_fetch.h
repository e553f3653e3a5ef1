#pragma once

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QUrl>

#include "app/hub/model_fit.h"
#include "app/network/http_fetch.h"

namespace app {

/// A file of a model of which the header is wanted.
struct HeaderFile {
  enum class Kind {
    Whole,        ///< all of it: config.json and the like
    Safetensors,  ///< as far as its header says
    Gguf,         ///< as far as the engine needs it
  };
  Kind kind = Kind::Whole;
  QUrl url;
  QString name;      ///< plain name of the local copy
  qint64 size = -1;  ///< of the whole file, as the hub lists it; must be known but for Whole
};

/// Fetches the first bytes of a model's files and has the engine read them: what the model needs, before it is
/// downloaded. Begins with little and asks for more until the engine is satisfied, kMostBytes in all. UI thread;
/// writing to a temporary folder and reading run on `pool`. Borrows both, which outlive it.
class HeaderFetch : public QObject {
  Q_OBJECT

 public:
  static constexpr qint64 kMostBytes = 64 * 1024 * 1024;
  static constexpr qint64 kLargestWhole = 4 * 1024 * 1024;
  static constexpr int kMostFiles = 400;

  /// `like`: the token, mirror and time-out of every question.
  HeaderFetch(QNetworkAccessManager& network, QThreadPool& pool, const HttpQuestion& like,
              const QList<HeaderFile>& files, QObject* parent = nullptr);

  void start();

 signals:
  /// Once. Where the header could not be had or is not sound, needs.problem says why; `failure` is set where the
  /// network is the reason.
  void finished(const app::ModelNeeds& needs, const app::HttpFailure& failure);

 private:
  struct File {
    HeaderFile what;
    QByteArray bytes;   // from its beginning
    qint64 wanted = 0;  // bytes to have
    bool asking = false;
  };

  void ask();
  void askFor(int index);
  void take(int index, const HttpAnswer& answer);
  bool wantMore(File& file);
  void read();
  void readingEnded(const HeaderReading& reading);
  void end(const QString& problem, const HttpFailure& failure = {});

  QNetworkAccessManager& network_;
  QThreadPool& pool_;
  HttpQuestion like_;
  QList<File> files_;
  qint64 fetched_ = 0;  // bytes asked for so far
  bool ended_ = false;
};

}  // namespace app
