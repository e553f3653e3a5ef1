#include "app/chat/model_summary.h"

#include <QFileInfo>
#include <QLocale>
#include <QRegularExpression>
#include <algorithm>

#include "app/chat/failure.h"
#include "app/chat/model_runner.h"
#include "app/prompt/prompt.h"
#include "app/settings/paths.h"
#include "engine/engine.h"

namespace app {

namespace {

QString parametersText(std::uint64_t parameters) {
  const auto count = static_cast<double>(parameters);
  if (count >= 1e8) return ModelRunner::tr("%1 B").arg(QLocale().toString(count / 1e9, 'f', count >= 1e10 ? 0 : 2));
  return ModelRunner::tr("%1 M").arg(QLocale().toString(count / 1e6, 'f', count >= 1e7 ? 0 : 1));
}

}  // namespace

engine::ModelInfo inspectModel(const QString& path, const QString& title) {
  engine::ModelInfo info = engine::inspect(fileSystemPath(path), {});
  if (!title.isEmpty()) info.name = title.toStdString();
  return info;
}

ModelSummary lookAtModel(const QString& path, const QString& title) {
  ModelSummary summary;
  summary.name = title.isEmpty() ? QFileInfo(path).fileName() : title;
  summary.missing = !QFileInfo::exists(path);
  try {
    const engine::ModelInfo info = inspectModel(path, title);
    const auto heaviest =
        std::ranges::max_element(info.weight_types, {}, [](const auto& type) { return type.second; });
    summary.name = QString::fromStdString(info.name);
    summary.architecture = QString::fromStdString(info.architecture);
    summary.parameters = parametersText(info.parameters);
    summary.parameterCount = info.parameters;
    summary.contextLength = info.context_length;
    summary.memoryBytes = static_cast<qint64>(info.memory_bytes);
    summary.activeBytesPerToken = static_cast<qint64>(info.active_bytes_per_token);
    summary.kvBytesPerToken = static_cast<qint64>(info.kv_bytes_per_token);
    if (heaviest != info.weight_types.end()) summary.precision = QString::fromStdString(heaviest->first);
    summary.detail = QStringList({summary.architecture, summary.parameters, summary.precision})
                         .filter(QRegularExpression(QStringLiteral(".")))
                         .join(QStringLiteral(" · "));
    summary.templateSource = QString::fromStdString(chooseTemplate(info).name);
  } catch (...) {
    summary.problem = currentFailure().sentence();
  }
  return summary;
}

QString quantizeModel(const QString& path, const QString& out, int bits, int threads,
                      const std::function<bool(double)>& progress) {
  try {
    const auto precision = bits == 4 ? engine::Precision::FourBits : engine::Precision::EightBits;
    engine::quantize(fileSystemPath(path), fileSystemPath(out), precision, threads, progress);
  } catch (...) {
    return currentFailure().sentence();
  }
  return {};
}

}  // namespace app
