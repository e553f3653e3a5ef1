#pragma once

#include <QMetaType>
#include <QNetworkProxy>
#include <QString>
#include <QtGlobal>

namespace app {

/// How downloads are done. A value; the defaults are those of the product.
struct DownloadOptions {
  int connections = 4;                         ///< transfers at a time, over all files
  qint64 partBytes = 64LL * 1024 * 1024;       ///< length of the ranges that a file is fetched in
  qint64 bytesPerSecond = 0;                   ///< speed limit over all; 0: none
  qint64 reserveBytes = 1024LL * 1024 * 1024;  ///< left free on the disk
  int retries = 8;                             ///< in a row, for one file, without a byte more; then the download fails
  int outageRetries = 300;  ///< the same while the server cannot be reached, once it was: about ten hours
  int firstRetryMs = 1000;  ///< the first wait; each further one is twice as long, with up to a half of it by chance
  int longestRetryMs = 120000;
  int longestAskedWaitMs = 600000;  ///< a longer Retry-After fails at once, with a sentence
  int silenceMs = 30000;
  int checkpointMs = 2000;  ///< how often what came is made sure on the disk and recorded
  QString httpHost;         ///< see HttpQuestion
  QNetworkProxy proxy = QNetworkProxy(QNetworkProxy::DefaultProxy);
};

/// Where a download stands; rules what the row offers.
enum class DownloadState { Queued, Running, Paused, Verifying, Failed, Done };

/// What the downloads' thread tells of one download.
struct DownloadProgress {
  DownloadState state = DownloadState::Paused;
  qint64 received = 0;        ///< bytes of all files that are there
  qint64 total = -1;          ///< of all files; -1: not known yet
  qint64 verified = 0;        ///< bytes hashed, while Verifying
  qint64 bytesPerSecond = 0;  ///< over the last seconds
  QString problem;            ///< a sentence; also while Running (a retry) and Paused (the disk is full)
  QString folder;             ///< the finished one, with Done

  bool operator==(const DownloadProgress&) const = default;
};

}  // namespace app

Q_DECLARE_METATYPE(app::DownloadProgress)
