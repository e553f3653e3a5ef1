#include "app/library/model_files.h"

#include <sys/stat.h>

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QSet>
#include <algorithm>

namespace app {

namespace {

constexpr qint64 kLongestReadme = 64 * 1024;
constexpr qsizetype kLongestLicence = 60;
constexpr qsizetype kLongestName = 100;  // characters; at most 400 bytes would break file systems, so see below
constexpr qsizetype kMostNameBytes = 200;

const QString kAboutName = QStringLiteral("/.sotto.json");  // the downloads write it too
const QString kTitle = QStringLiteral("title"), kOrigin = QStringLiteral("origin"), kLicenceKey = QStringLiteral("licence");
constexpr qsizetype kLongestLine = 200;

bool isGguf(const QFileInfo& file) {
  return file.isFile() && file.suffix().compare(QLatin1String("gguf"), Qt::CaseInsensitive) == 0;
}

/// A file that a model folder may have and that a copy of the model needs or should keep.
bool belongsToModel(const QFileInfo& file) {
  static const QStringList kEndings = {QStringLiteral("json"), QStringLiteral("safetensors"), QStringLiteral("model"),
                                       QStringLiteral("txt"),  QStringLiteral("jinja"),       QStringLiteral("md")};
  return file.isFile() && (kEndings.contains(file.suffix().toLower()) ||
                           file.fileName().startsWith(QLatin1String("LICENSE"), Qt::CaseInsensitive));
}

}  // namespace

QList<QFileInfo> entriesOf(const QString& folder) {
  QList<QFileInfo> entries;
  QDirIterator each(folder, QDir::Dirs | QDir::Files | QDir::NoDotAndDotDot);
  while (each.hasNext() && entries.size() < kMostFolderEntries) {
    each.next();
    entries.append(each.fileInfo());
  }
  std::ranges::sort(entries, {}, &QFileInfo::fileName);
  return entries;
}

GgufPart ggufPart(const QString& fileName) {
  static const QRegularExpression kPart(
      QStringLiteral(R"(^(.+)-(\d{5})-of-(\d{5})\.gguf$)"), QRegularExpression::CaseInsensitiveOption);
  const auto match = kPart.match(fileName);
  if (match.hasMatch()) return {match.captured(1), match.captured(2).toInt(), match.captured(3).toInt()};
  const bool named = fileName.endsWith(QLatin1String(".gguf"), Qt::CaseInsensitive);
  return {named ? fileName.chopped(5) : fileName};
}

bool isModelFolder(const QList<QFileInfo>& entries) {
  bool config = false, weights = false;
  for (const QFileInfo& entry : entries) {
    const QString name = entry.fileName();
    config |= name == QLatin1String("config.json");
    weights |= name.endsWith(QLatin1String(".safetensors")) || name == QLatin1String("model.safetensors.index.json");
  }
  return config && weights;
}

QStringList ggufModels(const QList<QFileInfo>& entries) {
  QStringList models;
  for (const QFileInfo& entry : entries) {
    if (!isGguf(entry) || entry.fileName().startsWith(QLatin1String("mmproj"), Qt::CaseInsensitive)) continue;
    if (ggufPart(entry.fileName()).number == 1) models.append(entry.filePath());
  }
  return models;
}

QList<QFileInfo> filesOf(const QString& path) {
  QList<QFileInfo> files;
  const QFileInfo whole(path);
  const GgufPart wanted = ggufPart(whole.fileName());
  if (whole.isFile() && wanted.count <= 1) return {whole};
  const QList<QFileInfo> around = entriesOf(whole.isDir() ? path : whole.absolutePath());
  if (whole.isDir() && isModelFolder(around)) {
    std::ranges::copy_if(around, std::back_inserter(files), belongsToModel);
    return files;
  }
  if (whole.isDir()) {
    for (const QString& model : ggufModels(around)) files += filesOf(model);
    if (files.isEmpty()) std::ranges::copy_if(around, std::back_inserter(files), belongsToModel);
    return files;
  }
  for (const QFileInfo& entry : around) {
    const GgufPart part = ggufPart(entry.fileName());
    if (isGguf(entry) && part.stem == wanted.stem && part.count == wanted.count) files.append(entry);
  }
  return files;
}

qint64 bytesOf(const QList<QFileInfo>& files) {
  QSet<QPair<quint64, quint64>> seen;
  qint64 bytes = 0;
  for (const QFileInfo& file : files) {
    struct stat status {};
    if (::stat(QFile::encodeName(file.filePath()).constData(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const QPair<quint64, quint64> id(status.st_dev, status.st_ino);
    if (seen.contains(id)) continue;
    seen.insert(id);
    bytes += status.st_size;
  }
  return bytes;
}

QString licenceIn(const QString& folder) {
  QFile readme(folder + QStringLiteral("/README.md"));
  // Opening a pipe would wait for its writer.
  if (!QFileInfo(readme).isFile() || !readme.open(QIODevice::ReadOnly)) return {};
  const QString text = QString::fromUtf8(readme.read(kLongestReadme));
  static const QRegularExpression kHead(QStringLiteral(R"(\A---\r?\n(.*?)\r?\n---)"),
                                        QRegularExpression::DotMatchesEverythingOption);
  static const QRegularExpression kLicence(QStringLiteral(R"(^license:[ \t]*["']?([\w.+-]+)["']?[ \t]*\r?$)"),
                                           QRegularExpression::MultilineOption);
  const QString licence = kLicence.match(kHead.match(text).captured(1)).captured(1);
  return licence.size() <= kLongestLicence ? licence : QString();
}

AboutModel aboutModel(const QString& folder) {
  QFile file(folder + kAboutName);
  if (!QFileInfo(file).isFile() || !file.open(QIODevice::ReadOnly)) return {};
  const QJsonObject about = QJsonDocument::fromJson(file.read(kLongestReadme)).object();
  const auto line = [&](const QString& key) { return about.value(key).toString().left(kLongestLine).simplified(); };
  return {line(kTitle), line(kOrigin), line(kLicenceKey)};
}

void writeAboutModel(const QString& folder, const AboutModel& about) {
  QFile file(folder + kAboutName);
  if (!file.open(QIODevice::WriteOnly)) return;
  file.write(QJsonDocument(QJsonObject{{kTitle, about.title}, {kOrigin, about.origin}, {kLicenceKey, about.licence}}).toJson());
}

QString folderNameFor(const QString& title) {
  QString name;
  for (const QChar character : title.left(kLongestName)) {
    // What is no part of a plane is left out: half a surrogate pair is no letter.
    const bool plain = character.isLetterOrNumber() || QStringLiteral("-_.()").contains(character);
    name.append(plain ? character : QLatin1Char(' '));
  }
  name = name.simplified().replace(QLatin1Char(' '), QLatin1Char('-'));
  while (name.startsWith(QLatin1Char('.')) || name.startsWith(QLatin1Char('-'))) name.remove(0, 1);
  while (name.toUtf8().size() > kMostNameBytes) name.chop(1);
  return name.isEmpty() ? QStringLiteral("model") : name;
}

}  // namespace app
