#include "app/hub/model_fit.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "app/settings/paths.h"
#include "engine/engine.h"

namespace app {

namespace {

constexpr qint64 kDefaultContext = 8192;        // tokens; the engine's own (EngineOptions)
constexpr qint64 kBesideWeights = 200'000'000;  // bytes of activations and tokenizer, about
constexpr double kComfortable = 0.8;            // share of the memory that leaves the desktop its own
constexpr double kGpuComfortable = 0.95;
constexpr qint64 kMostMeasured = qint64{1} << 30;    // bytes
constexpr qint64 kLeastMeasured = qint64{64} << 20;  // bytes; less may lie in a cache

struct Precision {
  const char* name;
  double bits;
};

// Whole types by their blocks; mixtures (_S, _M, _XL) by published files of the models in the catalogue.
constexpr std::array kPrecisions = {
    Precision{"F32", 32},      Precision{"BF16", 16},     Precision{"F16", 16},      Precision{"Q8_0", 8.5},
    Precision{"Q6_K", 6.5625}, Precision{"Q5_K_M", 5.7},  Precision{"Q5_K_S", 5.55}, Precision{"Q5_1", 6},
    Precision{"Q5_0", 5.5},    Precision{"Q4_K_M", 4.9},  Precision{"Q4_K_S", 4.65}, Precision{"Q4_1", 5},
    Precision{"Q4_0", 4.55},   Precision{"IQ4_NL", 4.55}, Precision{"IQ4_XS", 4.3},  Precision{"Q3_K_L", 4.2},
    Precision{"Q3_K_M", 3.9},  Precision{"Q3_K_S", 3.5},  Precision{"Q2_K", 2.95},   Precision{"Q2_K_L", 3.05},
};

QString tr(const char* text) {
  return QCoreApplication::translate("app::ModelFit", text);
}

qint64 bounded(std::uint64_t bytes) {
  return static_cast<qint64>(std::min<std::uint64_t>(bytes, std::uint64_t{1} << 62));
}

}  // namespace

QString numberText(double number) {
  const QLocale locale;
  return number < 10 ? locale.toString(number, 'f', 1) : locale.toString(std::lround(number));
}

double tokensPerSecond(const ModelNeeds& needs, const MachineFacts& machine) {
  const double read = double(needs.activeBytesPerToken) + double(needs.kvBytesPerToken) * double(kShortConversation);
  return machine.bandwidth > 0 && read > 0 ? machine.bandwidth / read : 0;
}

QString byteText(qint64 bytes) {
  return QLocale().formattedDataSize(bytes, bytes < 100'000'000'000 ? 1 : 0, QLocale::DataSizeSIFormat);
}

double bitsPerWeight(const QString& precision) {
  const QString wanted = precision.startsWith(QLatin1String("UD-")) ? precision.mid(3) : precision;
  for (const Precision& known : kPrecisions) {
    if (wanted == QLatin1String(known.name)) return known.bits;
  }
  return 0;
}

qint64 aboutBytes(const ModelSize& size, const QString& precision) {
  const double bits = bitsPerWeight(precision);
  return bits > 0 ? static_cast<qint64>(double(size.parameters) * bits / 8) : -1;
}

ModelNeeds estimateNeeds(const ModelSize& size, const QString& precision, qint64 bytes) {
  ModelNeeds needs;
  needs.estimated = true;
  needs.weightBytes = bytes >= 0 ? bytes : aboutBytes(size, precision);
  if (needs.weightBytes < 0 || size.parameters <= 0) return {};
  needs.contextLength = std::min(size.contextLength, kDefaultContext);
  needs.kvBytesPerToken = size.kvBytesPerToken;
  needs.memoryBytes = needs.weightBytes + needs.kvBytesPerToken * needs.contextLength + kBesideWeights;
  needs.activeBytesPerToken =
      static_cast<qint64>(double(needs.weightBytes) * double(size.activeParameters) / double(size.parameters));
  return needs;
}

ModelNeeds needsOfBytes(qint64 bytes) {
  if (bytes <= 0 || bytes > std::numeric_limits<qint64>::max() / 2) return {};
  ModelNeeds needs;
  needs.estimated = true;
  needs.weightBytes = bytes;
  needs.memoryBytes = bytes + bytes / 20 + kBesideWeights;  // a twentieth for the KV cache of the default context
  return needs;
}

ModelNeeds needsBeside(const ModelNeeds& base, qint64 baseBytes, qint64 bytes) {
  if (!base.known() || baseBytes <= 0 || bytes <= 0) return {};
  ModelNeeds needs = base;
  const double ratio = double(bytes) / double(baseBytes);
  needs.estimated = true;
  needs.problem.clear();
  needs.weightBytes = static_cast<qint64>(double(base.weightBytes) * ratio);
  needs.memoryBytes = base.memoryBytes - base.weightBytes + needs.weightBytes;
  needs.activeBytesPerToken = static_cast<qint64>(double(base.activeBytesPerToken) * ratio);
  return needs;
}

ModelFit fitOf(const ModelNeeds& needs, const MachineFacts& machine) {
  ModelFit fit;
  if (!needs.problem.isEmpty()) {
    fit.sentence = needs.problem;
    return fit;
  }
  if (!needs.known() || machine.memoryTotal <= 0) {
    fit.sentence = tr("It is not known yet what it needs.");
    return fit;
  }
  const QString needed = byteText(needs.memoryBytes);
  const QString total = byteText(machine.memoryTotal);
  const QString begin =
      needs.estimated ? tr("It needs about %1 of memory").arg(needed) : tr("It needs %1 of memory").arg(needed);
  const auto needed64 = double(needs.memoryBytes);
  if (!machine.gpu.isEmpty() && needed64 <= kGpuComfortable * double(machine.gpuMemoryFree)) {
    fit.verdict = Verdict::Fits;
    fit.sentence = tr("%1, which %2 has.").arg(begin, machine.gpu);
    return fit;
  }
  if (needs.memoryBytes > machine.memoryTotal) {
    fit.verdict = Verdict::TooLarge;
    fit.sentence = tr("%1, this machine has %2: the disk would be read for every word.").arg(begin, total);
    return fit;
  }
  fit.tokensPerSecond = tokensPerSecond(needs, machine);
  const qint64 available = machine.memoryAvailable > 0 ? machine.memoryAvailable : machine.memoryTotal;
  if (needs.memoryBytes > available) {
    fit.verdict = Verdict::Tight;
    fit.sentence = tr("%1, %2 of %3 is free now: close other programs first.").arg(begin, byteText(available), total);
  } else if (needed64 > kComfortable * double(machine.memoryTotal)) {
    fit.verdict = Verdict::Tight;
    fit.sentence = tr("%1 of %2: little is left for other programs.").arg(begin, total);
  } else {
    fit.verdict = Verdict::Fits;
    fit.sentence = tr("%1 of %2.").arg(begin, total);
  }
  if (fit.tokensPerSecond > 0)
    fit.sentence +=
        QLatin1Char(' ') + tr("It writes at most %1 tokens a second here.").arg(numberText(fit.tokensPerSecond));
  return fit;
}

HeaderReading readHeader(const QString& path) {
  HeaderReading reading;
  ModelNeeds& needs = reading.needs;
  try {
    const engine::ModelInfo info = engine::inspect(fileSystemPath(path), {});
    needs.architecture = QString::fromStdString(info.architecture);
    needs.weightBytes = bounded(info.weight_bytes);
    needs.memoryBytes = bounded(info.memory_bytes);
    needs.activeBytesPerToken = bounded(info.active_bytes_per_token);
    needs.kvBytesPerToken = bounded(info.kv_bytes_per_token);
    needs.contextLength = info.usable_context_length;
  } catch (const engine::Error& error) {
    needs.problem = QString::fromUtf8(error.what());
    reading.damaged = error.code() == engine::ErrorCode::CorruptFile;
  } catch (const std::exception& error) {
    needs.problem = tr("The header could not be read: %1").arg(QString::fromUtf8(error.what()));
  }
  return reading;
}

MachineFacts readMachine() {
  MachineFacts machine;
  machine.cores = engine::default_threads();
  for (const engine::DeviceInfo& device : engine::list_devices()) {
    if (device.kind == "cpu") {
      machine.processor = QString::fromStdString(device.name);
      machine.memoryTotal = bounded(device.memory_total);
      machine.memoryAvailable = bounded(device.memory_free);
    } else if (device.usable && bounded(device.memory_free) > machine.gpuMemoryFree) {
      machine.gpu = QString::fromStdString(device.name);
      machine.gpuMemoryFree = bounded(device.memory_free);
    }
  }
  return machine;
}

double measureBandwidth(const MachineFacts& machine) {
  // A quarter of what is free at most: measuring must not push anything out of memory.
  const qint64 bytes = std::min(kMostMeasured, machine.memoryAvailable / 4);
  if (bytes < kLeastMeasured) return 0;
  try {
    return engine::measure_memory_bandwidth(static_cast<std::size_t>(bytes));
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace app
