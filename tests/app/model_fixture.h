#pragma once

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QString>
#include <QTemporaryDir>
#include <QtTest>

#include "app/chat/model_runner.h"

namespace tests {

/// A folder below tests/fixtures/models.
inline QString fixtureModel(const char* name) {
  return QFileInfo(QStringLiteral(SOTTO_FIXTURES_DIR "/models/") + QLatin1String(name)).absoluteFilePath();
}

/// A copy of the chat fixture in `folder` that has room for 8192 tokens: a greedy reply of it takes seconds, so that it
/// can be watched, stopped and left. The weights are random anyway.
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
  values.insert(QStringLiteral("max_position_embeddings"), 8192);
  config.resize(0);
  config.write(QJsonDocument(values).toJson());
  return target;
}

/// Waits for a load to end, with room for a busy machine.
inline bool waitForLoad(const app::ModelRunner& runner) {
  return QTest::qWaitFor([&runner] { return runner.state() != app::ModelRunner::State::Loading; }, 60000);
}

}  // namespace tests
