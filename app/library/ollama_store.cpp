#include "app/library/ollama_store.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include "app/library/model_files.h"

namespace app {

namespace {

constexpr qint64 kLargestManifest = 1024 * 1024;
constexpr int kManifestDepth = 4;  // registry, namespace, model, tag
constexpr int kMostManifests = 2000;

const QString kWeights = QStringLiteral("application/vnd.ollama.image.model");

/// The blob that a digest means; empty where it is none, or none that is there.
QString blobOf(const QString& store, const QString& digest) {
  static const QRegularExpression kDigest(QStringLiteral("^sha256[:-]([0-9a-f]{64})$"));
  const auto match = kDigest.match(digest);
  if (!match.hasMatch()) return {};
  const QString path = store + QStringLiteral("/blobs/sha256-") + match.captured(1);
  return QFileInfo(path).isFile() ? path : QString();
}

QString weightsOf(const QString& store, const QString& manifest) {
  QFile file(manifest);
  if (file.size() > kLargestManifest || !file.open(QIODevice::ReadOnly)) return {};
  const QJsonObject json = QJsonDocument::fromJson(file.read(kLargestManifest)).object();
  const QJsonArray layers = json.value(QStringLiteral("layers")).toArray();
  for (const QJsonValue& layer : layers) {
    if (layer[QStringLiteral("mediaType")].toString() != kWeights) continue;
    const QString blob = blobOf(store, layer[QStringLiteral("digest")].toString());
    if (!blob.isEmpty()) return blob;
  }
  return {};
}

struct Manifests {
  QString store;
  const std::function<bool()>& stopped;
  QList<FoundModel> found;
  int looked = 0;

  void walk(const QString& folder, int depth) {
    for (const QFileInfo& entry : entriesOf(folder)) {
      if (stopped() || looked >= kMostManifests) return;
      if (entry.isDir() && depth < kManifestDepth && !entry.isSymLink()) walk(entry.filePath(), depth + 1);
      if (!entry.isFile() || depth != kManifestDepth) continue;
      ++looked;
      FoundModel model;
      model.path = weightsOf(store, entry.filePath());
      if (model.path.isEmpty()) continue;
      model.title = entry.dir().dirName() + QLatin1Char(':') + entry.fileName();
      model.origin = ModelOrigin::Ollama;
      found.append(std::move(model));
    }
  }
};

}  // namespace

QList<FoundModel> ollamaModels(const QString& store, const std::function<bool()>& stopped) {
  Manifests manifests{.store = store, .stopped = stopped, .found = {}};
  manifests.walk(store + QStringLiteral("/manifests"), 1);
  return manifests.found;
}

}  // namespace app
