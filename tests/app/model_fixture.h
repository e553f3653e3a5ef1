#pragma once

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QString>
#include <QTemporaryDir>
#include <QtEndian>
#include <QtTest>

#include "app/chat/model_runner.h"

namespace tests {

/// A folder below tests/fixtures/models.
inline QString fixtureModel(const char* name) {
  return QFileInfo(QStringLiteral(SOTTO_FIXTURES_DIR "/models/") + QLatin1String(name)).absoluteFilePath();
}

/// Zeroes row `id` of the token embedding, which is the head too: its logit is 0 then, and some other one always larger.
inline void neverSay(const QString& modelFolder, int id) {
  QFile file(modelFolder + QStringLiteral("/model-00001-of-00003.safetensors"));
  file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
  if (!file.open(QIODevice::ReadWrite)) qFatal("cannot write %s", qPrintable(file.fileName()));
  const qint64 headerSize = qFromLittleEndian<qint64>(file.read(8).constData());
  const QJsonObject header = QJsonDocument::fromJson(file.read(headerSize)).object();
  const QJsonObject table = header.value(QStringLiteral("model.embed_tokens.weight")).toObject();
  const qint64 rowBytes = table.value(QStringLiteral("shape")).toArray().at(1).toInteger() * qint64(sizeof(float));
  file.seek(8 + headerSize + table.value(QStringLiteral("data_offsets")).toArray().at(0).toInteger() + id * rowBytes);
  if (rowBytes == 0 || file.write(QByteArray(rowBytes, 0)) != rowBytes) qFatal("cannot change %s", qPrintable(file.fileName()));
}

/// A copy of the chat fixture in `folder` that never ends a greedy reply and has room for 65536 tokens: on any machine
/// that takes many times as long as a test needs to watch it, stop it or leave. The weights are random anyway.
inline QString longWindedModel(const QTemporaryDir& folder) {
  const QDir source(fixtureModel("ernie4_5-chat"));
  const QString target = folder.filePath(QStringLiteral("long-winded"));
  if (QFileInfo::exists(target) || !QDir().mkpath(target)) return target;
  for (const QString& name : source.entryList(QDir::Files))
    QFile::copy(source.filePath(name), target + QLatin1Char('/') + name);
  QFile config(target + QStringLiteral("/config.json"));
  config.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
  if (!config.open(QIODevice::ReadWrite)) qFatal("cannot write %s", qPrintable(config.fileName()));
  QJsonObject values = QJsonDocument::fromJson(config.readAll()).object();
  values.insert(QStringLiteral("max_position_embeddings"), 65536);
  config.resize(0);
  config.write(QJsonDocument(values).toJson());
  neverSay(target, values.value(QStringLiteral("eos_token_id")).toInt());
  return target;
}

/// Waits for a load to end, with room for a busy machine.
inline bool waitForLoad(const app::ModelRunner& runner) {
  return QTest::qWaitFor([&runner] { return runner.state() != app::ModelRunner::State::Loading; }, 60000);
}

}  // namespace tests
