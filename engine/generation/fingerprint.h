#pragma once

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"
#include "engine/kv_cache/snapshot.h"
#include "engine/types.h"

namespace engine {

/// What makes the keys and values of this load: the model's numbers (rope and experts among them), the name, type and
/// shape of each weight, samples of the bytes of each (its ends and every 16 MiB, not all: they are gigabytes), the type
/// of the cache and how the backend computes. Not where the files lie or what they are called. The chat template is left
/// out on purpose: it speaks through the token ids, which are compared one by one. Reads the weights in some thousand
/// places; takes up to a second where they are not in memory.
Fingerprint fingerprint_of(const ModelSource& source, const KvGeometry& geometry, const BackendInfo& backend,
                           const EngineOptions& options);

}  // namespace engine
