#pragma once

#include <QString>
#include <filesystem>

namespace app {

/// Where this person's files live. Absolute paths; nothing is created here. A value; any thread.
struct Paths {
  QString dataDir;
  QString configDir;
  QString modelsDir;  ///< models that Sotto fetched or imported

  /// $XDG_DATA_HOME/sotto, $XDG_CONFIG_HOME/sotto, $XDG_DATA_HOME/sotto/models, with XDG's own defaults.
  static Paths standard();
  /// Everything below one folder (--data-dir): the folder itself for data and settings, `models` inside it.
  static Paths under(const QString& dir);

  QString historyFile() const;   ///< dataDir/history.db
  QString sessionsDir() const;   ///< dataDir/sessions
  QString settingsFile() const;  ///< configDir/settings.json

  bool operator==(const Paths&) const = default;
};

/// A path as the standard library and the engine take it.
std::filesystem::path fileSystemPath(const QString& path);

}  // namespace app
