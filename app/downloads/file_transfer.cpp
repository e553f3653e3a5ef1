#include "app/downloads/file_transfer.h"

#include <QRandomGenerator>
#include <algorithm>
#include <cerrno>

#include "app/downloads/speed_limit.h"

namespace app {

namespace {

constexpr int kMostRestarts = 6;
constexpr int kStrikesOfARefusal = 3;     // for answers that seldom get better: 403, 416
constexpr int kWholeAnswersBelieved = 3;  // the whole file for a part, in a row: the server does no ranges
constexpr qint64 kPieceBytes = 256LL * 1024;

/// The SHA-256 in a hub's X-Linked-Etag (that of the LFS file, as the hub's own client uses it); empty: it is none.
QByteArray sha256In(QByteArray etag) {
  if (etag.startsWith("W/")) etag.remove(0, 2);
  const QByteArray hex = etag.replace('"', "").toLower();
  const bool isHex =
      std::all_of(hex.begin(), hex.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex.size() == 64 && isHex ? hex : QByteArray();
}

}  // namespace

FileTransfer::FileTransfer(const TransferShared& shared, const DownloadFile& file, const QByteArray& token,
                           const Folder& model, const Folder& records, int number)
    : shared_(shared), file_(file), token_(token), model_(model), records_(records), number_(number) {
  waiting_.setSingleShot(true);
  connect(&waiting_, &QTimer::timeout, this, &FileTransfer::streamsChanged);
  connect(&shared_.speed, &SpeedLimit::refilled, this, &FileTransfer::readPaced);
}

FileTransfer::~FileTransfer() = default;

QString FileTransfer::recordName() const {
  return QString::number(number_) + QStringLiteral(".parts");
}

void FileTransfer::look() {
  const Descriptor there = model_.openForReading(file_.path);
  PartJournal found;
  known_ = there && readJournal(records_.read(recordName(), kLargestJournal), found) &&
           found.size == sizeOf(there, file_.path) && (file_.size < 0 || found.size == file_.size);
  if (!known_) {
    discard();
    return;
  }
  journal_ = found;
  file_.size = found.size;
  farthest_ = journal_.doneBytes();
  complete_ = journal_.complete();
}

void FileTransfer::discard() {
  dropAll();
  known_ = false;
  complete_ = false;
  dirty_ = false;
  farthest_ = 0;
  journal_ = PartJournal();
  // The record first: without it nothing of the file is believed.
  records_.remove(recordName());
  disk_ = Descriptor();
  model_.removeFile(file_.path);
}

int FileTransfer::idlePart() const {
  if (!known_) return streams_.empty() ? 0 : -1;
  for (int part = 0; part < journal_.parts(); ++part) {
    if (journal_.done[part] == journal_.lengthOf(part) && journal_.size > 0) continue;
    const bool taken =
        std::any_of(streams_.begin(), streams_.end(), [part](const auto& stream) { return stream->part == part; });
    if (!taken) return part;
  }
  return -1;
}

bool FileTransfer::wantsStream() const {
  return !complete_ && !waiting_.isActive() && idlePart() >= 0;
}

HttpQuestion FileTransfer::questionFor(int part, bool& whole) const {
  HttpQuestion question;
  question.url = file_.url;
  question.token = token_;
  question.httpHost = shared_.options.httpHost;
  question.silenceMs = shared_.options.silenceMs;
  const qint64 partBytes = shared_.options.partBytes;
  if (noRanges_ || (!known_ && file_.size >= 0 && file_.size <= partBytes)) {
    whole = true;
  } else if (!known_) {
    question.lastByte = partBytes - 1;
  } else {
    const qint64 first = journal_.firstOf(part);
    question.firstByte = first + journal_.done[part];
    question.lastByte = first + journal_.lengthOf(part) - 1;
    question.ifRange = journal_.etag;
    whole = question.firstByte == 0 && question.lastByte == journal_.size - 1;
    if (whole) question.lastByte = -1;
  }
  return question;
}

void FileTransfer::startStream() {
  guarded([this] {
    if (!disk_) disk_ = model_.openFile(file_.path);
  });
  if (!disk_) return;
  auto stream = std::make_unique<Stream>();
  Stream* const at = stream.get();
  at->part = idlePart();
  Q_ASSERT(at->part >= 0);
  if (known_ && noRanges_) journal_.done.fill(0);
  at->get = std::make_unique<HttpGet>(shared_.network, questionFor(at->part, at->whole));
  connect(at->get.get(), &HttpGet::answered, this, [this, at] { answered(at); });
  connect(at->get.get(), &HttpGet::readyRead, this, [this, at] { read(at); });
  connect(at->get.get(), &HttpGet::finished, this, [this, at] { ended(at); });
  streams_.push_back(std::move(stream));
  at->get->start();
}

void FileTransfer::answered(Stream* stream) {
  guarded([&] {
    if (agrees(stream)) emit streamsChanged();
  });
}

/// Holds an answer against what is known of the file, or learns it from the first answer. False: the stream is gone.
bool FileTransfer::agrees(Stream* stream) {
  const HttpGet& get = *stream->get;
  const bool part = get.status() == 206;
  const QByteArray etag = isStrongEtag(get.header("ETag")) ? get.header("ETag") : QByteArray();
  const bool sameVersion = etag == journal_.etag || etag.isEmpty();
  qint64 size = part ? get.range().total : get.bodyBytes();
  if (size < 0) size = file_.size;
  const QByteArray linked = sha256In(get.headerOnTheWay("X-Linked-Etag"));
  if (!linked.isEmpty() && !file_.sha256.isEmpty() && linked != file_.sha256) {
    dropAll();
    emit failed(
        tr("%1 is another one on the hub than the one that was chosen: look the model up again.").arg(file_.path));
    return false;
  }
  if (known_ && !noRanges_ && !sameVersion) {
    startOver(tr("%1 has changed on the server.").arg(file_.path));
    return false;
  }
  const QString wrong = whatIsWrong(get, size);
  if (!wrong.isEmpty() || (part && stream->whole) || (part && known_ && etag.isEmpty())) {
    drop(stream);
    tryLater(wrong.isEmpty() ? tr("The server's answer for %1 does not fit the question.").arg(file_.path) : wrong, -1);
    return false;
  }
  // The whole file where a part was asked for is of use only where it is the beginning and nothing is there yet.
  const bool first = !known_ || (journal_.doneBytes() == 0 && streams_.size() == 1 && stream->part == 0);
  const bool becomesWhole = !part && !stream->whole && first;
  if (!part && !stream->whole && !first) {
    const QString why = tr("The server sends %1 only as a whole.").arg(file_.path);
    noRanges_ = ++wholeAnswers_ >= kWholeAnswersBelieved;
    if (noRanges_) {
      startOver(why);
    } else {
      drop(stream);
      tryLater(why, -1);
    }
    return false;
  }
  if (part && etag.isEmpty()) {
    // Without a version nothing that comes later is sure to fit.
    noRanges_ = true;
    startOver(tr("The server does not tell the version of %1.").arg(file_.path));
    return false;
  }
  if (part) wholeAnswers_ = 0;
  stream->whole = stream->whole || becomesWhole;
  if (!known_ || noRanges_ || becomesWhole) {
    beginAs(etag, size, stream->whole ? std::max<qint64>(size, 1) : shared_.options.partBytes);
  }
  if (file_.size < 0) file_.size = size;
  if (file_.sha256.isEmpty() && file_.gitSha1.isEmpty()) file_.sha256 = linked;
  return true;
}

/// Of an answer that says `size` bytes for the whole file; empty: nothing.
QString FileTransfer::whatIsWrong(const HttpGet& get, qint64 size) const {
  if (size < 0 || size > kLargestDownloadFile) return tr("The server does not say how long %1 is.").arg(file_.path);
  const QByteArray linked = get.headerOnTheWay("X-Linked-Size").left(20);
  const qint64 expected = known_ && !noRanges_ ? journal_.size : file_.size;
  if (expected < 0 && (linked.isEmpty() || linked == QByteArray::number(size))) return {};
  if (expected == size) return {};
  return tr("%1 should have %2 bytes and has %3 on the server.")
      .arg(file_.path, expected >= 0 ? QString::number(expected) : QString::fromLatin1(linked), QString::number(size));
}

void FileTransfer::beginAs(const QByteArray& etag, qint64 size, qint64 partBytes) {
  journal_.begin(etag, size, partBytes);
  known_ = true;
  noRanges_ = noRanges_ || etag.isEmpty();
  // Room for what the plan knew was made sure of before.
  if (file_.size < 0 && model_.freeBytes() - size < shared_.options.reserveBytes) {
    throw FileError{tr("Making room for the %1 bytes of %2 failed").arg(QString::number(size), file_.path), ENOSPC};
  }
  claim(disk_, size, file_.path);
}

void FileTransfer::read(Stream* stream) {
  guarded([&] {
    while (stream->get->bytesAvailable() > 0) {
      qint64& done = journal_.done[stream->part];
      const qint64 room = journal_.lengthOf(stream->part) - done;
      const qint64 wanted = std::min(stream->get->bytesAvailable(), kPieceBytes);
      if (room == 0) {
        startOver(tr("The server sent more of %1 than it has.").arg(file_.path));
        return;
      }
      const qint64 granted = shared_.speed.take(std::min(wanted, room));
      stream->paced = granted == 0;
      if (granted == 0) return;
      const QByteArray bytes = stream->get->read(granted);
      if (bytes.isEmpty()) return;
      writeAt(disk_, journal_.firstOf(stream->part) + done, bytes, file_.path);
      done += bytes.size();
      dirty_ = true;
      const qint64 there = journal_.doneBytes();
      if (there > farthest_) {
        farthest_ = there;
        strikes_ = 0;
      }
    }
  });
}

void FileTransfer::readPaced() {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i]->paced) read(streams_[i].get());
  }
}

void FileTransfer::ended(Stream* stream) {
  const HttpFailure failure = stream->get->failure();
  const bool whole = !failure && known_ && journal_.done[stream->part] == journal_.lengthOf(stream->part);
  drop(stream);
  if (!failure && !whole) {
    tryLater(tr("%1 ended early.").arg(file_.path), -1);
  } else if (failure) {
    strike(failure);
  } else if (journal_.complete()) {
    guarded([this] { finish(); });
  } else {
    emit streamsChanged();
  }
}

void FileTransfer::finish() {
  dirty_ = true;
  checkpoint();
  complete_ = true;
  disk_ = Descriptor();
  emit completed();
}

void FileTransfer::strike(const HttpFailure& failure) {
  // A handshake may be cut short by a bad line too; nothing is sent until it is good.
  const bool tls = failure.kind == HttpFailure::Kind::Tls;
  const bool seldom = tls || failure.status == 403 || failure.status == 416;
  if ((!failure.mayPass() && !tls) || (seldom && strikes_ + 1 >= kStrikesOfARefusal)) {
    dropAll();
    emit failed(tr("Fetching %1 failed. %2").arg(file_.path, failure.sentence));
    return;
  }
  if (failure.status == 416 && !waiting_.isActive()) {
    // The file there may be shorter now, or empty.
    if (!known_ && file_.size < 0) noRanges_ = true;
    startOver(failure.sentence);
    return;
  }
  using Kind = HttpFailure::Kind;
  const bool outage = failure.kind == Kind::Unreachable || failure.kind == Kind::Silence || failure.kind == Kind::Cut;
  tryLater(failure.sentence, failure.retryAfterSeconds, outage && known_);
}

/// Waits before the next try, longer each time; fails after too many. Streams that still run go on.
void FileTransfer::tryLater(const QString& why, int askedSeconds, bool outage) {
  trouble_ = why;
  // Streams that fail together are one failure.
  if (waiting_.isActive()) {
    emit streamsChanged();
    return;
  }
  const DownloadOptions& options = shared_.options;
  const qint64 asked = std::max(askedSeconds, 0) * 1000LL;
  if (++strikes_ > (outage ? options.outageRetries : options.retries) || asked > options.longestAskedWaitMs) {
    dropAll();
    emit failed(tr("Fetching %1 failed. %2").arg(file_.path, why));
    return;
  }
  qint64 wait = options.firstRetryMs;
  for (int i = 1; i < strikes_ && wait < options.longestRetryMs; ++i) wait *= 2;
  wait = std::min<qint64>(wait, options.longestRetryMs);
  wait += QRandomGenerator::global()->bounded(static_cast<int>(wait / 2) + 1);
  waiting_.start(static_cast<int>(std::max(wait, asked)));
  emit streamsChanged();
}

void FileTransfer::startOver(const QString& why) {
  guarded([&] {
    discard();
    if (++restarts_ > kMostRestarts) {
      emit failed(tr("Fetching %1 failed. %2").arg(file_.path, why));
    } else {
      tryLater(why, -1);
    }
  });
}

void FileTransfer::drop(Stream* stream) {
  const auto at = std::find_if(streams_.begin(), streams_.end(), [stream](const auto& s) { return s.get() == stream; });
  Q_ASSERT(at != streams_.end());
  // It may be its own signal that led here.
  HttpGet* const get = (*at)->get.release();
  get->disconnect(this);
  get->abort();
  get->setParent(this);  // at the latest it goes with the transfer, and so before the network
  get->deleteLater();
  streams_.erase(at);
}

void FileTransfer::dropAll() {
  while (!streams_.empty()) drop(streams_.back().get());
}

void FileTransfer::stop() {
  dropAll();
  waiting_.stop();
  checkpoint();
  disk_ = Descriptor();
}

void FileTransfer::checkpoint() {
  if (!dirty_ || !known_ || !disk_) return;
  const QByteArray record = writeJournal(journal_);
  syncFile(disk_, file_.path);
  // Without a version nothing can be continued, so nothing is recorded.
  if (!journal_.etag.isEmpty()) records_.replace(recordName(), record);
  dirty_ = false;
}

/// Runs what may fail on the disk; that ends the transfer, with a sentence.
void FileTransfer::guarded(const std::function<void()>& work) {
  try {
    work();
  } catch (const FileError& error) {
    dropAll();
    emit diskFailed(error.sentence());
  }
}

}  // namespace app
