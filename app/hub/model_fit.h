#pragma once

#include <QString>

// With ModelRunner the only part of the window that asks the engine: what a model's header says, what this machine has.

namespace app {

/// What of this machine decides whether a model runs, and how fast. A value; any thread.
struct MachineFacts {
  QString processor = {};      ///< "AMD EPYC 7B13"; empty: not known
  int cores = 0;               ///< that the engine would use; 0: not known
  qint64 memoryTotal = 0;      ///< bytes; 0: not known
  qint64 memoryAvailable = 0;  ///< bytes that the system could give now; 0: not known
  double bandwidth = 0;        ///< measured reads of main memory, bytes a second; 0: not measured yet
  QString gpu = {};            ///< a usable one; empty: none
  qint64 gpuMemoryFree = 0;    ///< bytes

  bool operator==(const MachineFacts&) const = default;
};

/// A model's numbers as its makers give them, for an answer before any network.
struct ModelSize {
  qint64 parameters = 0;
  qint64 activeParameters = 0;  ///< read to decode one token
  qint64 kvBytesPerToken = 0;   ///< at 16 bits a number
  qint64 contextLength = 0;     ///< tokens, of the model
};

/// What a model takes on a machine, before it is loaded.
struct ModelNeeds {
  qint64 weightBytes = 0;
  qint64 memoryBytes = 0;          ///< weights, KV cache of `contextLength`, activations and tokenizer
  qint64 activeBytesPerToken = 0;  ///< weights read to decode one token
  qint64 kvBytesPerToken = 0;
  qint64 contextLength = 0;  ///< tokens that `memoryBytes` has room for
  bool estimated = false;    ///< computed from numbers of parameters or another choice's header, not from its own
  QString architecture;
  QString problem;  ///< why Sotto cannot run it; empty: it can, as far as is known

  bool known() const { return memoryBytes > 0; }
  bool operator==(const ModelNeeds&) const = default;
};

enum class Verdict { Unknown, Fits, Tight, TooLarge };

/// Whether a model runs here, and the reason in a sentence.
struct ModelFit {
  Verdict verdict = Verdict::Unknown;
  QString sentence;
  double tokensPerSecond = 0;  ///< at most, in a conversation of kShortConversation tokens; 0: not known
};

inline constexpr qint64 kShortConversation = 1024;  // tokens

/// Bits that a weight takes on average in a precision of GGUF or safetensors ("Q8_0": 8.5); 0: the name is not known.
double bitsPerWeight(const QString& precision);
/// Bytes of a model's weights in a precision, about; -1 where the precision is not known.
qint64 aboutBytes(const ModelSize& size, const QString& precision);
/// Needs computed from numbers alone, with the context that the engine takes by default. `bytes`: of the weights where
/// a listing tells them, else -1.
ModelNeeds estimateNeeds(const ModelSize& size, const QString& precision, qint64 bytes = -1);
/// Needs of a model of which nothing is known but how long its files are; no speed follows from them.
ModelNeeds needsOfBytes(qint64 bytes);
/// Needs of the same model in another precision, of `bytes`, from those of one whose header was read (of `baseBytes`).
ModelNeeds needsBeside(const ModelNeeds& base, qint64 baseBytes, qint64 bytes);

/// The verdict: the plan against the memory, the bytes read for a token against the bandwidth. Fits: the plan is within
/// 80 % of the memory and within what is free now (or in the GPU's free memory). Tight: within the memory. Too large:
/// beyond.
ModelFit fitOf(const ModelNeeds& needs, const MachineFacts& machine);

/// Tokens a second at most, in a conversation of kShortConversation tokens; 0: not known.
double tokensPerSecond(const ModelNeeds& needs, const MachineFacts& machine);

/// What the engine says of a header.
struct HeaderReading {
  ModelNeeds needs;
  bool damaged = false;  ///< it is no sound header, which is so too where not all of it is there
};

/// Has the engine read the header of a model: a folder with config.json and safetensors, or a GGUF file. Of each file
/// of weights the first bytes may be there and the rest be a hole, so long as its length is right. Reads the disk: pool
/// only. Carries no exception.
HeaderReading readHeader(const QString& path);

/// Cores and memory: quick, but reads files. Pool only.
MachineFacts readMachine();
/// Bytes a second that reading the main memory reaches; about a second, up to 1 GiB of memory: pool only. 0: it could
/// not be measured.
double measureBandwidth(const MachineFacts& machine);

/// "8.4 GB"
QString byteText(qint64 bytes);
/// "8.4", "41"
QString numberText(double number);

}  // namespace app
