#include "app/hub/hub_answers.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <cmath>

namespace app {

namespace {

constexpr qint64 kLargestFile = 4LL * 1024 * 1024 * 1024 * 1024;  // bytes
constexpr int kLongestWord = 200;                                 // characters of a licence, a title ...
constexpr int kMostTags = 200;

QString notOfTheForm() {
  return QCoreApplication::translate(
      "app::HubAnswers",
      "The hub's answer is not what a model hub sends. Check the address of the hub in the "
      "settings.");
}

/// A line of text from an answer: shortened, without control characters.
QString word(const QJsonValue& value) {
  QString text = value.toString().left(kLongestWord);
  text.removeIf([](QChar letter) { return !letter.isPrint(); });
  return text.trimmed();
}

/// A whole number from 0 to `most`; -1: it is none.
qint64 count(const QJsonValue& value, qint64 most) {
  const double number = value.toDouble(-1);
  return number >= 0 && number <= double(most) && number == std::floor(number) ? qint64(number) : -1;
}

QByteArray hexDigits(const QJsonValue& value, int digits) {
  static const QRegularExpression hex(QStringLiteral("\\A[0-9a-fA-F]+\\z"));
  const QString text = value.toString();
  return text.size() == digits && hex.match(text).hasMatch() ? text.toLower().toLatin1() : QByteArray();
}

QStringList tagsOf(const QJsonValue& value) {
  QStringList tags;
  for (const QJsonValue& tag : value.toArray()) {
    if (tags.size() < kMostTags && tag.isString()) tags.append(word(tag));
  }
  return tags;
}

/// The first "license:..." among the tags, without its beginning.
QString licenceOf(const QStringList& tags) {
  const QString beginning = QStringLiteral("license:");
  for (const QString& tag : tags) {
    if (tag.startsWith(beginning)) return tag.mid(beginning.size());
  }
  return {};
}

bool setName(HubRepo& repo, const QJsonValue& name) {
  repo.repo = name.toString();
  if (!isRepoName(repo.repo)) return false;
  repo.author = repo.repo.section(QLatin1Char('/'), 0, 0);
  repo.title = repo.repo.section(QLatin1Char('/'), 1, 1);
  return true;
}

HubRepo huggingFaceRepo(const QJsonObject& item) {
  HubRepo repo;
  repo.source = HubSource::HuggingFace;
  if (!setName(repo, item.value(QLatin1String("id")))) setName(repo, item.value(QLatin1String("modelId")));
  repo.tags = tagsOf(item.value(QLatin1String("tags")));
  repo.licence = licenceOf(repo.tags);
  repo.downloads = count(item.value(QLatin1String("downloads")), 1LL << 50);
  // false, or how its owner answers: "auto", "manual".
  const QJsonValue gated = item.value(QLatin1String("gated"));
  repo.gated = gated.toBool(false) || gated.isString();
  return repo;
}

HubFile huggingFaceFile(const QJsonObject& item) {
  HubFile file;
  file.path = item.value(QLatin1String("rfilename")).toString();
  file.size = count(item.value(QLatin1String("size")), kLargestFile);
  const QJsonObject lfs = item.value(QLatin1String("lfs")).toObject();
  if (!lfs.isEmpty()) {
    file.sha256 = hexDigits(lfs.value(QLatin1String("sha256")), 64);
    if (const qint64 size = count(lfs.value(QLatin1String("size")), kLargestFile); size >= 0) file.size = size;
  } else {
    // With LFS the blob is the pointer's, not the content's.
    file.gitSha1 = hexDigits(item.value(QLatin1String("blobId")), 40);
  }
  return file;
}

/// The name with the largest number.
QString heaviest(const QJsonObject& numbers) {
  QString name;
  double most = 0;
  for (auto number = numbers.begin(); number != numbers.end(); ++number) {
    if (number->toDouble() <= most) continue;
    most = number->toDouble();
    name = number.key().left(16);
  }
  return name;
}

HubFile modelScopeFile(const QJsonObject& item) {
  HubFile file;
  file.path = item.value(QLatin1String("Path")).toString();
  file.size = count(item.value(QLatin1String("Size")), kLargestFile);
  file.sha256 = hexDigits(item.value(QLatin1String("Sha256")), 64);
  return file;
}

}  // namespace

QList<HubRepo> readHuggingFaceSearch(const QByteArray& json, QString& problem) {
  const QJsonDocument document = QJsonDocument::fromJson(json);
  if (!document.isArray()) {
    problem = notOfTheForm();
    return {};
  }
  QList<HubRepo> repos;
  for (const QJsonValue& item : document.array()) {
    const HubRepo repo = huggingFaceRepo(item.toObject());
    if (isRepoName(repo.repo) && repos.size() < kMostFoundRepos) repos.append(repo);
  }
  return repos;
}

HubRepo readHuggingFaceRepo(const QByteArray& json, QString& problem) {
  const QJsonObject item = QJsonDocument::fromJson(json).object();
  HubRepo repo = huggingFaceRepo(item);
  const QJsonArray files = item.value(QLatin1String("siblings")).toArray();
  repo.revision = QString::fromLatin1(hexDigits(item.value(QLatin1String("sha")), 40));
  if (!isRepoName(repo.repo) || repo.revision.isEmpty() || files.size() > kMostRepoFiles) {
    problem = notOfTheForm();
    return {};
  }
  repo.architecture = word(item.value(QLatin1String("config")).toObject().value(QLatin1String("model_type")));
  if (repo.architecture.isEmpty())
    repo.architecture = word(item.value(QLatin1String("gguf")).toObject().value(QLatin1String("architecture")));
  repo.weightType =
      heaviest(item.value(QLatin1String("safetensors")).toObject().value(QLatin1String("parameters")).toObject());
  for (const QJsonValue& file : files) repo.files.append(huggingFaceFile(file.toObject()));
  return repo;
}

QList<HubRepo> readModelScopeSearch(const QByteArray& json, QString& problem) {
  const QJsonValue list =
      QJsonDocument::fromJson(json).object().value(QLatin1String("data")).toObject().value(QLatin1String("models"));
  if (!list.isArray()) {
    problem = notOfTheForm();
    return {};
  }
  QList<HubRepo> repos;
  for (const QJsonValue& value : list.toArray()) {
    const QJsonObject item = value.toObject();
    HubRepo repo;
    repo.source = HubSource::ModelScope;
    if (!setName(repo, item.value(QLatin1String("id"))) || repos.size() >= kMostFoundRepos) continue;
    repo.tags = tagsOf(item.value(QLatin1String("tags")));
    repo.licence = word(item.value(QLatin1String("license")));
    if (repo.licence.isEmpty()) repo.licence = licenceOf(repo.tags);
    repo.downloads = count(item.value(QLatin1String("downloads")), 1LL << 50);
    repos.append(repo);
  }
  return repos;
}

HubRepo readModelScopeRepo(const QByteArray& json, QString& problem) {
  const QJsonValue list =
      QJsonDocument::fromJson(json).object().value(QLatin1String("Data")).toObject().value(QLatin1String("Files"));
  HubRepo repo;
  repo.source = HubSource::ModelScope;
  // This hub pins no commit for its addresses; the hashes of the listing hold every file to it.
  repo.revision = QStringLiteral("master");
  if (!list.isArray() || list.toArray().size() > kMostRepoFiles) {
    problem = notOfTheForm();
    return repo;
  }
  for (const QJsonValue& value : list.toArray()) {
    const QJsonObject item = value.toObject();
    if (item.value(QLatin1String("Type")).toString() != QLatin1String("tree")) repo.files.append(modelScopeFile(item));
  }
  return repo;
}

}  // namespace app
