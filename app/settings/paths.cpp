#include "app/settings/paths.h"

#include <QDir>
#include <QStandardPaths>

namespace app {

namespace {

QString inFolder(const QString& folder, const QString& name) {
  return QDir(folder).filePath(name);
}

}  // namespace

Paths Paths::standard() {
  const QString name = QStringLiteral("sotto");
  const QString data = inFolder(QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation), name);
  const QString config = inFolder(QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation), name);
  return {.dataDir = data, .configDir = config, .modelsDir = inFolder(data, QStringLiteral("models"))};
}

Paths Paths::under(const QString& dir) {
  const QString data = QDir::cleanPath(QDir(dir).absolutePath());
  return {.dataDir = data, .configDir = data, .modelsDir = inFolder(data, QStringLiteral("models"))};
}

QString Paths::historyFile() const {
  return inFolder(dataDir, QStringLiteral("history.db"));
}

QString Paths::sessionsDir() const {
  return inFolder(dataDir, QStringLiteral("sessions"));
}

QString Paths::settingsFile() const {
  return inFolder(configDir, QStringLiteral("settings.json"));
}

std::filesystem::path fileSystemPath(const QString& path) {
  return {path.toStdU16String()};
}

}  // namespace app
