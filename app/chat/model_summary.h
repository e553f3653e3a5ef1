#pragma once

#include <QString>
#include <functional>

#include "engine/types.h"

namespace app {

/// What a model's header tells without loading it.
struct ModelSummary {
  QString name;
  QString detail;        ///< "ernie4_5 · 0.36 B · bf16"
  QString problem;       ///< why it cannot be loaded; empty: nothing is known against it
  bool missing = false;  ///< there is no such folder or file
  QString architecture;
  QString parameters;    ///< "0.36 B"
  quint64 parameterCount = 0;
  QString precision;     ///< type of most of the weights: "bf16", "Q4_0"
  qint64 contextLength = 0;  ///< tokens, of the model
  qint64 memoryBytes = 0;    ///< the plan: weights, cache, activations, tokenizer
  qint64 activeBytesPerToken = 0;  ///< weights read to write one token
  qint64 kvBytesPerToken = 0;      ///< cache of one token, read for each that is written after it
  QString templateSource;    ///< the chat template that holds: "chat template of the model", "built-in template ..."
};

/// What the engine says of a model's header, under `title` where that is not empty: a blob of another program has a number
/// for a name. Blocks on the disk: any thread but the UI's. Throws engine::Error.
engine::ModelInfo inspectModel(const QString& path, const QString& title);

/// Reads a model's header; `title` is its name where its path does not tell it. Blocks on the disk: any thread but the UI's.
/// Carries no exception.
ModelSummary lookAtModel(const QString& path, const QString& title = {});

/// Makes a model smaller, in one file: 8 or 4 bits a weight. Blocks until it is done, with `threads` of the processor (0:
/// all cores); any thread but the UI's. `progress` is given the share done and answers whether to go on. Returns what went
/// wrong, in a sentence; empty where it was done or stopped. `out` is there only when it is complete.
QString quantizeModel(const QString& path, const QString& out, int bits, int threads,
                      const std::function<bool(double)>& progress);

}  // namespace app
