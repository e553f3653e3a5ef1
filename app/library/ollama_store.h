#pragma once

#include <QList>
#include <QString>
#include <functional>

#include "app/library/model_scan.h"

namespace app {

/// The models of an Ollama store: manifests/registry/namespace/model/tag, each a JSON that names the blob of the weights,
/// a GGUF file. Blocks on the disk; bounded; what cannot be read is left out.
QList<FoundModel> ollamaModels(const QString& store, const std::function<bool()>& stopped);

}  // namespace app
