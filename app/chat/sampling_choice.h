#pragma once

#include <QtGlobal>

#include "engine/types.h"

namespace app {

/// How a reply is to be drawn and how long it may get: what the sampling panel comes to. A value.
struct SamplingChoice {
  engine::SamplingParams params;
  qint64 maxNewTokens = 0;  ///< 0: as many as the context holds

  bool operator==(const SamplingChoice&) const = default;
};

}  // namespace app
