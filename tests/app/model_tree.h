#pragma once

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/app/model_fixture.h"

namespace tests {

/// Copies all files of a folder (not those of folders in it) into another, which is made.
inline void copyFolder(const QString& from, const QString& to) {
  if (!QDir().mkpath(to)) qFatal("cannot make %s", qPrintable(to));
  for (const QFileInfo& file : QDir(from).entryInfoList(QDir::Files)) {
    const QString target = to + QLatin1Char('/') + file.fileName();
    if (!QFile::copy(file.filePath(), target)) qFatal("cannot write %s", qPrintable(target));
    QFile::setPermissions(target, QFile::ReadOwner | QFile::WriteOwner);
  }
}

inline void writeFile(const QString& path, const QByteArray& bytes) {
  QDir().mkpath(QFileInfo(path).absolutePath());
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("cannot write %s", qPrintable(path));
}

inline QString fixtureGguf(const char* name = "ernie4_5-Q4_0.gguf") {
  return QFileInfo(QStringLiteral(SOTTO_FIXTURES_DIR "/quantised/") + QLatin1String(name)).absoluteFilePath();
}

/// As Hugging Face's libraries keep a download: content in blobs, names as links in a snapshot. Returns the snapshot.
inline QString hubCacheEntry(const QString& cache, const QString& repository, const QString& revision, const QString& from) {
  const QString root = cache + QStringLiteral("/models--") + QString(repository).replace(QLatin1Char('/'), QStringLiteral("--"));
  const QString snapshot = root + QStringLiteral("/snapshots/") + revision;
  QDir().mkpath(snapshot);
  QDir().mkpath(root + QStringLiteral("/blobs"));
  for (const QFileInfo& file : QDir(from).entryInfoList(QDir::Files)) {
    const QString blob = QStringLiteral("blob-of-") + file.fileName();
    QFile::copy(file.filePath(), root + QStringLiteral("/blobs/") + blob);
    QFile::link(QStringLiteral("../../blobs/") + blob, snapshot + QLatin1Char('/') + file.fileName());
  }
  writeFile(root + QStringLiteral("/refs/main"), revision.toLatin1());
  return snapshot;
}

inline QByteArray ollamaManifest(const QJsonValue& digest) {
  const QJsonObject licence = {{QStringLiteral("mediaType"), QStringLiteral("application/vnd.ollama.image.license")},
                               {QStringLiteral("digest"), QStringLiteral("sha256:00")}};
  const QJsonObject weights = {{QStringLiteral("mediaType"), QStringLiteral("application/vnd.ollama.image.model")},
                               {QStringLiteral("digest"), digest}};
  return QJsonDocument(QJsonObject{{QStringLiteral("layers"), QJsonArray{licence, weights}}}).toJson();
}

/// As Ollama keeps a model: a manifest that names the blob. Returns the blob.
inline QString ollamaEntry(const QString& store, const QString& model, const QString& tag, const QString& gguf) {
  const QByteArray digest(64, 'a');
  const QString blob = store + QStringLiteral("/blobs/sha256-") + QString::fromLatin1(digest);
  QDir().mkpath(store + QStringLiteral("/blobs"));
  QFile::copy(gguf, blob);
  writeFile(store + QStringLiteral("/manifests/registry.ollama.ai/library/%1/%2").arg(model, tag),
            ollamaManifest(QStringLiteral("sha256:") + QString::fromLatin1(digest)));
  return blob;
}

}  // namespace tests
