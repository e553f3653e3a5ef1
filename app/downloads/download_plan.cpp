#include "app/downloads/download_plan.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <algorithm>

#include "app/downloads/safe_path.h"
#include "app/network/http_rules.h"

namespace app {

namespace {

constexpr int kVersion = 1;
constexpr qsizetype kLongestText = 1000;
constexpr qsizetype kLargestJson = 8LL * 1024 * 1024;
constexpr qint64 kLargestExactNumber = 1LL << 53;  // what a number of JSON holds exactly

struct Text {
  Q_DECLARE_TR_FUNCTIONS(app::DownloadPlan)
};

/// A name from outside within a sentence: short, on one line.
QString shown(const QString& name) {
  QString line;
  for (const QChar c : name.left(80)) line += c.isPrint() ? c : QChar(u'?');
  return name.size() > 80 ? line + QChar(0x2026) : line;
}

bool isHexOrEmpty(const QByteArray& text, qsizetype digits) {
  return text.isEmpty() || (text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
                              return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                            }));
}

QString fileProblem(const DownloadFile& file) {
  if (!file.url.isValid() ||
      (file.url.scheme() != QLatin1String("https") && file.url.scheme() != QLatin1String("http"))) {
    return Text::tr("its address is none of the web");
  }
  if (file.size < -1 || file.size > kLargestDownloadFile) return Text::tr("its size is none");
  if (!isHexOrEmpty(file.sha256, 64) || !isHexOrEmpty(file.gitSha1, 40)) return Text::tr("its checksum is none");
  return {};
}

}  // namespace

DownloadPlan checkedPlan(const DownloadPlan& plan, QString& problem) {
  problem.clear();
  DownloadPlan checked = plan;
  const std::optional<QString> name = safeName(plan.name);
  if (!name) {
    problem = Text::tr("\"%1\" cannot be the name of a model's folder.").arg(shown(plan.name));
    return checked;
  }
  checked.name = *name;
  checked.title = plan.title.isEmpty() ? *name : plan.title.left(kLongestText);
  checked.origin = plan.origin.left(kLongestText);
  checked.licence = plan.licence.left(kLongestText);
  if (plan.files.isEmpty() || plan.files.size() > kMostDownloadFiles) {
    problem = Text::tr("%1 has %2 files; a download has 1 to %3.")
                  .arg(*name, QString::number(plan.files.size()), QString::number(kMostDownloadFiles));
    return checked;
  }
  // Names that differ in case only are one file on some disks, and a file cannot be a folder too.
  QSet<QString> files;
  QSet<QString> folders;
  for (DownloadFile& file : checked.files) {
    const std::optional<QString> path = safePath(file.path);
    if (!path) {
      problem =
          Text::tr(
              "The hub names a file \"%1\", which cannot be stored below the model's folder: the download is refused.")
              .arg(shown(file.path));
      return checked;
    }
    file.path = *path;
    file.sha256 = file.sha256.toLower();
    file.gitSha1 = file.gitSha1.toLower();
    file.url.setUserInfo({});
    file.url.setFragment({});
    const QString wrong = fileProblem(file);
    if (!wrong.isEmpty()) {
      problem = Text::tr("The file %1 cannot be fetched: %2.").arg(file.path, wrong);
      return checked;
    }
    // The token is for one origin, and a hub has all files of a model.
    if (originOf(file.url) != originOf(checked.files.first().url)) {
      problem = Text::tr("The files of %1 come from several servers: the download is refused.").arg(*name);
      return checked;
    }
    const QString folded = path->toCaseFolded();
    for (qsizetype slash = folded.indexOf(u'/'); slash >= 0; slash = folded.indexOf(u'/', slash + 1)) {
      folders.insert(folded.left(slash));
    }
    if (files.contains(folded)) {
      problem = Text::tr("Two files of the hub would be stored as %1: the download is refused.").arg(*path);
      return checked;
    }
    files.insert(folded);
  }
  if (files.intersects(folders)) {
    problem = Text::tr("A file of the hub has the name of a folder beside it: the download is refused.");
  }
  return checked;
}

QByteArray writePlan(const DownloadPlan& plan) {
  QJsonArray files;
  for (const DownloadFile& file : plan.files) {
    QJsonObject object;
    object.insert(QStringLiteral("url"),
                  file.url.toString(QUrl::FullyEncoded | QUrl::RemoveUserInfo | QUrl::RemoveFragment));
    object.insert(QStringLiteral("path"), file.path);
    object.insert(QStringLiteral("size"), file.size);
    object.insert(QStringLiteral("sha256"), QString::fromLatin1(file.sha256));
    object.insert(QStringLiteral("git_sha1"), QString::fromLatin1(file.gitSha1));
    files.append(object);
  }
  QJsonObject root;
  root.insert(QStringLiteral("version"), kVersion);
  root.insert(QStringLiteral("name"), plan.name);
  root.insert(QStringLiteral("title"), plan.title);
  root.insert(QStringLiteral("origin"), plan.origin);
  root.insert(QStringLiteral("licence"), plan.licence);
  root.insert(QStringLiteral("files"), files);
  return QJsonDocument(root).toJson();
}

DownloadPlan readPlan(const QByteArray& json, QString& problem) {
  DownloadPlan plan;
  const QJsonObject root = json.size() > kLargestJson ? QJsonObject() : QJsonDocument::fromJson(json).object();
  if (root.value(QStringLiteral("version")).toInt() != kVersion) {
    problem = Text::tr("it is damaged, or was written by another version of Sotto");
    return plan;
  }
  plan.name = root.value(QStringLiteral("name")).toString();
  plan.title = root.value(QStringLiteral("title")).toString();
  plan.origin = root.value(QStringLiteral("origin")).toString();
  plan.licence = root.value(QStringLiteral("licence")).toString();
  for (const auto& value : root.value(QStringLiteral("files")).toArray()) {
    const QJsonObject object = value.toObject();
    DownloadFile file;
    file.url = QUrl(object.value(QStringLiteral("url")).toString(), QUrl::StrictMode);
    file.path = object.value(QStringLiteral("path")).toString();
    const double size = object.value(QStringLiteral("size")).toDouble(-2);
    file.size = size >= -1 && size < static_cast<double>(kLargestExactNumber) ? static_cast<qint64>(size) : -2;
    file.sha256 = object.value(QStringLiteral("sha256")).toString().toLatin1();
    file.gitSha1 = object.value(QStringLiteral("git_sha1")).toString().toLatin1();
    plan.files.append(file);
  }
  return checkedPlan(plan, problem);
}

}  // namespace app
