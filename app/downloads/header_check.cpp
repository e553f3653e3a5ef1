#include "app/downloads/header_check.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QtEndian>
#include <algorithm>
#include <exception>

#include "engine/base/error.h"
#include "engine/engine.h"

namespace app {

namespace {

constexpr qint64 kLargestHeader = 100LL * 1000 * 1000;  // the format's own limit, in bytes
constexpr qint64 kLengthBytes = 8;

struct Text {
  Q_DECLARE_TR_FUNCTIONS(app::HeaderCheck)
};

/// Format: https://github.com/huggingface/safetensors, "Format": length of the header (8 bytes, little endian), the
/// header as JSON, then the tensors without gaps, each with its data_offsets [begin, end) behind the header.
QString safetensorsProblem(QFile& file) {
  const QByteArray head = file.read(kLengthBytes);
  const quint64 length = head.size() == kLengthBytes ? qFromLittleEndian<quint64>(head.constData()) : 0;
  if (length == 0 || length > static_cast<quint64>(kLargestHeader) ||
      static_cast<qint64>(length) > file.size() - kLengthBytes) {
    return Text::tr("it has no header");
  }
  const QJsonDocument header = QJsonDocument::fromJson(file.read(static_cast<qint64>(length)));
  if (!header.isObject()) return Text::tr("its header cannot be read");
  qint64 end = 0;
  const QJsonObject tensors = header.object();
  for (auto it = tensors.begin(); it != tensors.end(); ++it) {
    if (it.key() == QLatin1String("__metadata__")) continue;
    const double offset = it.value().toObject().value(QStringLiteral("data_offsets")).toArray().at(1).toDouble(-1);
    if (offset < 0 || offset > static_cast<double>(file.size())) {
      return Text::tr("its tensor %1 ends behind the file's end").arg(it.key().left(200));
    }
    end = std::max(end, static_cast<qint64>(offset));
  }
  const qint64 expected = kLengthBytes + static_cast<qint64>(length) + end;
  return expected == file.size() ? QString()
                                 : Text::tr("its tensors need %1 bytes and the file has %2")
                                       .arg(QString::number(expected), QString::number(file.size()));
}

/// By the engine's own reader, of a whole model; of one that is split into files only the first bytes say something
/// alone. A model that the engine does not run is no damaged file.
QString ggufProblem(const QString& path) {
  static const QRegularExpression split(QStringLiteral("-\\d{5}-of-\\d{5}\\.gguf$"));
  if (path.contains(split)) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) && file.read(4) == "GGUF" ? QString() : Text::tr("it is no GGUF file");
  }
  try {
    engine::inspect(path.toStdString(), {});
  } catch (const engine::Error& error) {
    if (error.code() == engine::ErrorCode::CorruptFile) return QString::fromUtf8(error.what());
  } catch (const std::exception& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

}  // namespace

QString headerProblem(const QString& path) {
  QString found;
  if (path.endsWith(QLatin1String(".safetensors"), Qt::CaseInsensitive)) {
    QFile file(path);
    found = file.open(QIODevice::ReadOnly) ? safetensorsProblem(file) : file.errorString();
  } else if (path.endsWith(QLatin1String(".gguf"), Qt::CaseInsensitive)) {
    found = ggufProblem(path);
  }
  return found;
}

}  // namespace app
