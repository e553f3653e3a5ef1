#include "app/library/model_places.h"

#include <QDir>

namespace app {

ModelPlaces ModelPlaces::around(const QString& modelsDir, const QString& home, const QProcessEnvironment& environment) {
  const auto folder = [&](const char* name) {
    QString path = environment.value(QLatin1String(name));
    if (path == QLatin1String("~") || path.startsWith(QLatin1String("~/"))) path = home + path.mid(1);
    return QDir::isAbsolutePath(path) ? QDir::cleanPath(path) : QString();
  };
  const auto orElse = [](const QString& path, const QString& otherwise) { return path.isEmpty() ? otherwise : path; };

  ModelPlaces places;
  places.modelsDir = modelsDir.isEmpty() ? QString() : QDir::cleanPath(modelsDir);
  const QString cache = orElse(folder("XDG_CACHE_HOME"), home + QStringLiteral("/.cache"));
  const QString hubHome = orElse(folder("HF_HOME"), cache + QStringLiteral("/huggingface"));
  places.hubCache = orElse(folder("HF_HUB_CACHE"), hubHome + QStringLiteral("/hub"));
  places.lmStudioDirs = {home + QStringLiteral("/.lmstudio/models"), home + QStringLiteral("/.cache/lm-studio/models")};
  places.ollamaDirs = {home + QStringLiteral("/.ollama/models"), QStringLiteral("/usr/share/ollama/.ollama/models")};
  const QString ollama = folder("OLLAMA_MODELS");
  if (!ollama.isEmpty() && !places.ollamaDirs.contains(ollama)) places.ollamaDirs.prepend(ollama);
  return places;
}

}  // namespace app
