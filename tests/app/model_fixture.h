#pragma once

#include <QFileInfo>
#include <QString>
#include <QTemporaryDir>
#include <QtTest>

#include "app/chat/model_runner.h"

namespace tests {

/// A folder below tests/fixtures/models.
inline QString fixtureModel(const char* name) {
  return QFileInfo(QStringLiteral(SOTTO_FIXTURES_DIR "/models/") + QLatin1String(name)).absoluteFilePath();
}

/// Waits for a load to end, with room for a busy machine.
inline bool waitForLoad(const app::ModelRunner& runner) {
  return QTest::qWaitFor([&runner] { return runner.state() != app::ModelRunner::State::Loading; }, 60000);
}

}  // namespace tests
