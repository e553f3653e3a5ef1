#pragma once

#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

namespace app {

/// Folders of this machine where models may lie. Nothing is created and nothing need exist. A value; any thread.
struct ModelPlaces {
  QString modelsDir;        ///< Sotto's own: the only one that it writes to
  QString hubCache;         ///< of Hugging Face's libraries
  QStringList lmStudioDirs;
  QStringList ollamaDirs;

  /// Where the other programs keep theirs for a person with this home and environment: $HF_HUB_CACHE, $HF_HOME,
  /// $XDG_CACHE_HOME and $OLLAMA_MODELS count as they do there.
  static ModelPlaces around(const QString& modelsDir, const QString& home, const QProcessEnvironment& environment);

  bool operator==(const ModelPlaces&) const = default;
};

}  // namespace app
