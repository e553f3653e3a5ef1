#include "app/hub/header_fetch.h"

#include <QFile>
#include <QFutureWatcher>
#include <QTemporaryDir>
#include <QtConcurrent>
#include <QtEndian>
#include <algorithm>

namespace app {

namespace {

constexpr qint64 kFirstOfSafetensors = 64 * 1024;       // bytes; most shards' headers have less
constexpr qint64 kFirstOfGguf = 1024 * 1024;            // bytes; a large vocabulary goes on for some more
constexpr qint64 kFirstOfPart = 256 * 1024;             // bytes of a further part, which lists some tensors only
constexpr qint64 kMostOfSafetensors = 100'000'000 + 8;  // bytes; the format's own limit
constexpr int kMostAtOnce = 4;                          // questions
constexpr int kGrowth = 4;                              // times as much when it was not enough

struct LocalFile {
  QString name;
  QByteArray bytes;
  qint64 size = 0;
};

/// Writes the bytes there are, each file as long as the whole one, and has the engine look. Pool.
HeaderReading readLocally(const QList<LocalFile>& files, bool gguf) {
  HeaderReading reading;
  const QTemporaryDir folder;
  for (const LocalFile& local : files) {
    QFile file(folder.filePath(local.name));
    // A hole takes no room on the disk.
    if (!folder.isValid() || !file.open(QIODevice::WriteOnly) || file.write(local.bytes) != local.bytes.size() ||
        !file.resize(local.size)) {
      reading.needs.problem = HeaderFetch::tr("The header could not be stored in the temporary folder %1: %2.")
                                  .arg(folder.path(), folder.isValid() ? file.errorString() : folder.errorString());
      return reading;
    }
  }
  return readHeader(gguf ? folder.filePath(files.first().name) : folder.path());
}

}  // namespace

HeaderFetch::HeaderFetch(QNetworkAccessManager& network, QThreadPool& pool, const HttpQuestion& like,
                         const QList<HeaderFile>& files, QObject* parent)
    : QObject(parent), network_(network), pool_(pool), like_(like) {
  for (const HeaderFile& what : files) files_.append({what, {}, 0, false});
}

void HeaderFetch::start() {
  if (files_.isEmpty() || files_.size() > kMostFiles)
    return end(tr("The model has %n file(s), too many to look at.", nullptr, int(files_.size())));
  for (File& file : files_) {
    const bool weights = file.what.kind != HeaderFile::Kind::Whole;
    if (file.what.size < 0 && weights) return end(tr("The hub does not say how long its files are."));
    const bool gguf = file.what.kind == HeaderFile::Kind::Gguf;
    const qint64 first = !gguf ? kFirstOfSafetensors : &file == &files_.first() ? kFirstOfGguf : kFirstOfPart;
    file.wanted = weights ? std::min(first, file.what.size) : file.what.size < 0 ? kLargestWhole : file.what.size;
    if (!weights && file.wanted > kLargestWhole)
      return end(tr("%1 is too long to look at before the download.").arg(file.what.name));
    if (file.wanted <= 0) return end(tr("%1 is empty on the hub.").arg(file.what.name));
  }
  ask();
}

/// Keeps some questions under way; with all answers here the engine reads.
void HeaderFetch::ask() {
  const auto asking = std::count_if(files_.begin(), files_.end(), [](const File& file) { return file.asking; });
  auto free = kMostAtOnce - asking;
  bool complete = asking == 0;
  for (int i = 0; i < files_.size() && !ended_; ++i) {
    const bool missing = files_[i].bytes.size() < files_[i].wanted;
    complete = complete && !missing;
    if (!missing || files_[i].asking || free == 0) continue;
    --free;
    askFor(i);
  }
  if (complete && !ended_) read();
}

void HeaderFetch::askFor(int index) {
  File& file = files_[index];
  const qint64 missing = file.wanted - file.bytes.size();
  if (fetched_ + missing > kMostBytes) return end(tr("The header is longer than %1.").arg(byteText(kMostBytes)));
  fetched_ += missing;
  file.asking = true;
  HttpQuestion question = like_;
  question.url = file.what.url;
  question.limit = missing;
  if (file.what.kind != HeaderFile::Kind::Whole) {
    question.firstByte = file.bytes.size();
    question.lastByte = file.wanted - 1;
  }
  auto* fetch = new HttpFetch(network_, question, this);
  connect(fetch, &HttpFetch::finished, this, [this, fetch, index](const HttpAnswer& answer) {
    fetch->deleteLater();
    if (!ended_) take(index, answer);
  });
  fetch->start();
}

void HeaderFetch::take(int index, const HttpAnswer& answer) {
  File& file = files_[index];
  file.asking = false;
  if (answer.failure) return end(answer.failure.sentence, answer.failure);
  const qint64 missing = file.wanted - file.bytes.size();
  const bool exact = file.what.kind != HeaderFile::Kind::Whole || file.what.size >= 0;
  if ((exact && answer.body.size() != missing) ||
      (answer.range.total >= 0 && file.what.size >= 0 && answer.range.total != file.what.size)) {
    return end(tr("%1 is not as long as the hub's list of files says; look at the model again.").arg(file.what.name));
  }
  file.bytes += answer.body;
  if (!exact) file.wanted = file.what.size = file.bytes.size();
  if (file.what.kind == HeaderFile::Kind::Safetensors && !wantMore(file)) return;
  ask();
}

/// Of a safetensors file the first eight bytes tell how long the header is. False: it cannot be, and that was the end.
bool HeaderFetch::wantMore(File& file) {
  if (file.bytes.size() < 8) {
    end(tr("%1 is too short for a safetensors file.").arg(file.what.name));
    return false;
  }
  const auto length = qFromLittleEndian<quint64>(file.bytes.constData());
  if (length > quint64(kMostOfSafetensors) || qint64(length) + 8 > file.what.size) {
    end(tr("%1 is damaged on the hub: its header would be longer than the file.").arg(file.what.name));
    return false;
  }
  file.wanted = std::max<qint64>(file.bytes.size(), qint64(length) + 8);
  return true;
}

void HeaderFetch::read() {
  QList<LocalFile> local;
  for (const File& file : std::as_const(files_)) local.append({file.what.name, file.bytes, file.what.size});
  const bool gguf = files_.first().what.kind == HeaderFile::Kind::Gguf;
  auto* watcher = new QFutureWatcher<HeaderReading>(this);
  connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher] {
    watcher->deleteLater();
    readingEnded(watcher->result());
  });
  watcher->setFuture(QtConcurrent::run(&pool_, [local, gguf] { return readLocally(local, gguf); }));
}

/// A GGUF file does not say how long its header is, so a header that is not sound may only be cut: more is asked for.
void HeaderFetch::readingEnded(const HeaderReading& reading) {
  File& file = files_.first();  // it has the vocabulary
  const qint64 have = file.bytes.size();
  if (reading.damaged && file.what.kind == HeaderFile::Kind::Gguf && have < file.what.size) {
    if (!file.bytes.startsWith("GGUF")) return end(tr("%1 is not a GGUF file.").arg(file.what.name));
    file.wanted = std::min(file.what.size, have * kGrowth);
    return ask();
  }
  ended_ = true;
  emit finished(reading.needs, {});
}

void HeaderFetch::end(const QString& problem, const HttpFailure& failure) {
  if (ended_) return;
  ended_ = true;
  for (HttpFetch* fetch : findChildren<HttpFetch*>(Qt::FindDirectChildrenOnly)) fetch->abort();
  ModelNeeds needs;
  needs.problem = problem;
  emit finished(needs, failure);
}

}  // namespace app
