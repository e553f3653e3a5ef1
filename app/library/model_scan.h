#pragma once

#include <QList>
#include <QString>
#include <QStringList>
#include <functional>

#include "app/library/model_places.h"

namespace app {

/// Whose a model's files are, which says what may be done with them.
enum class ModelOrigin {
  Models,       ///< in Sotto's models folder: downloaded, imported or put there
  InPlace,      ///< opened where it lies
  HuggingFace,  ///< downloaded by Hugging Face's libraries
  LmStudio,
  Ollama,
  Demo,
};

/// A model's files as a scan found them; whether they are sound is for the engine to say.
struct FoundModel {
  QString path;      ///< what loads it: a folder, or a GGUF file
  QString title;     ///< for people
  QString source;    ///< of Models: where it is from, "huggingface.co/owner/name"; empty: not known
  QString licence;   ///< as its files name it; empty: they do not
  QString alias;     ///< another path that means the same: the folder of a lone GGUF file; or empty
  ModelOrigin origin = ModelOrigin::InPlace;
  qint64 bytes = 0;  ///< on the disk
  QString removable; ///< of Models: the folder or file whose removal frees the bytes; else empty
  QString sign;      ///< another one where the files changed
  bool isFolder = false;
  bool missing = false;
};

/// Looks for models in all `places` and for those at the paths in `opened`, each file once: Sotto's own first, then
/// other programs', then those that were only opened. Blocks on the disk: not on the UI thread. Bounded in depth and number whatever lies there;
/// links are followed, circles are not. `stopped` is asked often; a stopped scan returns what it has. Throws nothing.
QList<FoundModel> findModels(const ModelPlaces& places, const QStringList& opened, const std::function<bool()>& stopped);

}  // namespace app
