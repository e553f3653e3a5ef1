#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <QTimer>
#include <functional>
#include <memory>
#include <vector>

#include "app/downloads/download_plan.h"
#include "app/downloads/download_values.h"
#include "app/downloads/folder.h"
#include "app/downloads/part_journal.h"
#include "app/network/http_get.h"

class QNetworkAccessManager;

namespace app {

class SpeedLimit;

/// What all transfers of the downloads' thread share; it outlives them.
struct TransferShared {
  QNetworkAccessManager& network;
  SpeedLimit& speed;
  const DownloadOptions& options;
};

/// One file on its way: ranges side by side, each written where it belongs, tried again where an answer fails. Bytes
/// are continued only with the same strong ETag and length, by If-Range, and from a 206 with exactly the range that was
/// asked for; anything else begins the file anew. What is on the disk is recorded beside it (PartJournal) after it was
/// made sure, so that after a sudden end nothing is believed that may be missing. Downloads' thread.
class FileTransfer : public QObject {
  Q_OBJECT

 public:
  /// `model` is the folder of the model's files, `records` that of the journals (named by `number`); both outlive it.
  FileTransfer(const TransferShared& shared, const DownloadFile& file, const QByteArray& token, const Folder& model,
               const Folder& records, int number);
  ~FileTransfer() override;

  /// Looks at what is there already. Throws FileError.
  void look();
  /// It has something to ask for now.
  bool wantsStream() const;
  int streams() const { return static_cast<int>(streams_.size()); }
  /// Asks for the next part; only where wantsStream(). Where the disk fails, diskFailed() comes.
  void startStream();
  /// Ends all transfers and records what is there. Throws FileError.
  void stop();
  /// Makes sure on the disk what came, and records it. Throws FileError.
  void checkpoint();
  /// Throws away what is there, so that all is fetched anew. Throws FileError.
  void discard();

  /// As the plan has it, with the size and the SHA-256 that the hub told on the way where the plan has none.
  const DownloadFile& file() const { return file_; }
  qint64 received() const { return journal_.doneBytes(); }
  bool complete() const { return complete_; }
  /// Why nothing comes at the moment, while it waits to try again; empty: it does not.
  QString trouble() const { return waiting_.isActive() ? trouble_ : QString(); }

 signals:
  /// A stream ended, or may be started.
  void streamsChanged();
  /// All bytes are there and on the disk.
  void completed();
  /// No further try makes sense.
  void failed(const QString& sentence);
  void diskFailed(const QString& sentence);

 private:
  struct Stream {
    std::unique_ptr<HttpGet> get;
    int part = 0;
    bool whole = false;  // asked for without a range
    bool paced = false;  // waits for the speed limit
  };

  int idlePart() const;
  HttpQuestion questionFor(int part, bool& whole) const;
  void answered(Stream* stream);
  bool agrees(Stream* stream);
  QString whatIsWrong(const HttpGet& get, qint64 size) const;
  void beginAs(const QByteArray& etag, qint64 size, qint64 partBytes);
  void read(Stream* stream);
  void readPaced();
  void ended(Stream* stream);
  void drop(Stream* stream);
  void dropAll();
  void startOver(const QString& why);
  void strike(const HttpFailure& failure);
  void tryLater(const QString& why, int askedSeconds, bool outage = false);
  void finish();
  void guarded(const std::function<void()>& work);
  QString recordName() const;

  TransferShared shared_;
  DownloadFile file_;
  QByteArray token_;
  const Folder& model_;
  const Folder& records_;
  const int number_;
  Descriptor disk_;  // open while streams run
  PartJournal journal_;
  std::vector<std::unique_ptr<Stream>> streams_;
  QTimer waiting_;
  QString trouble_;
  bool known_ = false;     // version and length of the file on the server, and the journal is of them
  bool noRanges_ = false;  // the server does not do them, or has no strong ETag: one stream from the beginning
  bool dirty_ = false;     // something came since the last checkpoint
  bool complete_ = false;
  int strikes_ = 0;       // failures in a row
  int wholeAnswers_ = 0;  // in a row, where a part was asked for
  int restarts_ = 0;      // since it was made
  qint64 farthest_ = 0;   // most bytes that were there: only more than that counts as progress
};

}  // namespace app
