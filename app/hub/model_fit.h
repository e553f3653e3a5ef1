#pragma once

#include <QFuture>
#include <QString>

namespace app {

/// What of this machine decides whether a model runs, and how fast. A value; any thread.
struct MachineFacts {
  QString processor;            ///< "AMD Ryzen ..."; empty: not known
  int cores = 0;                ///< that the engine would use
  qint64 memoryTotal = 0;       ///< bytes; 0: not known
  qint64 memoryAvailable = 0;   ///< bytes that the system could give now; 0: not known
  double bandwidth = 0;         ///< measured reads of main memory, bytes a second; 0: not measured yet
};

/// What a model takes on a machine, before it is loaded.
struct ModelNeeds {
  qint64 weightBytes = 0;
  qint64 memoryBytes = 0;         ///< weights, KV cache of `contextLength`, activations and tokenizer
  qint64 activeBytesPerToken = 0; ///< weights read to decode one token
  qint64 kvBytesPerToken = 0;
  qint64 contextLength = 0;       ///< tokens that `memoryBytes` has room for
  bool estimated = false;         ///< computed from the number of parameters, not from the header
  QString architecture;
  QString problem;                ///< why Sotto cannot run it; empty: it can, as far as its header tells
};

enum class Verdict { Unknown, Fits, Tight, TooLarge };

/// Whether a model runs here, and the reason in a sentence.
struct ModelFit {
  Verdict verdict = Verdict::Unknown;
  QString sentence;
  qint64 memoryBytes = 0;      ///< 0: not known
  double tokensPerSecond = 0;  ///< at most, with a short conversation; 0: not known
};

/// A model's numbers as its makers give them, for an answer before any network.
struct ModelSize {
  qint64 parameters = 0;
  qint64 activeParameters = 0;  ///< read to decode one token
  qint64 kvBytesPerToken = 0;   ///< 16 bits a number
  qint64 contextLength = 0;     ///< of the model
};

/// Bits that a weight takes on average in a precision of GGUF or safetensors ("Q4_K_M": 4.85); 0: the name is not known.
double bitsPerWeight(const QString& precision);
/// Bytes of a model's weights in a precision, about; -1 where the precision is not known.
qint64 aboutBytes(const ModelSize& size, const QString& precision);
/// The needs computed from numbers alone, with the context that the engine would take by default.
ModelNeeds estimateNeeds(const ModelSize& size, const QString& precision);

/// The verdict: the plan against the memory, the bytes read for a token against the bandwidth.
/// fits: the plan is within 80 % of the memory; tight: within all of what the machine has; too large: beyond it.
ModelFit fitOf(const ModelNeeds& needs, const MachineFacts& machine);

/// What the engine says of a model's header: a folder, or a GGUF file of which the first megabytes are there and the rest
/// is a hole of the right length. Reads the disk: pool only. Carries no exception.
ModelNeeds needsOfHeader(const QString& path);
/// Whether needsOfHeader() failed because of bytes that were not there yet.
struct HeaderReading {
  ModelNeeds needs;
  bool complete = true;  ///< false: the header goes on beyond the bytes that are there
};

/// Cores and memory; quick, but reads files: pool only.
MachineFacts readMachine();
/// Bytes a second that reading the main memory reaches; takes about a second and up to 1 GiB: pool only. 0: could not be
/// measured.
double measureBandwidth(const MachineFacts& machine);

}  // namespace app
