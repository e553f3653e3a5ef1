#pragma once

#include <QByteArray>
#include <QList>
#include <QString>
#include <QUrl>

namespace app {

/// One file of a download, as the hub tells it: nothing in it is trusted.
struct DownloadFile {
  QUrl url;
  QString path;        ///< below the model's folder, '/' separated
  qint64 size = -1;    ///< bytes; -1: not known
  QByteArray sha256;   ///< of the content, hex; empty: not known
  QByteArray gitSha1;  ///< of "blob <size>\0" and the content, hex; empty: not known

  bool operator==(const DownloadFile&) const = default;
};

/// A model to be fetched: its files under way lie below <models>/.partial/<name>/, and when all are verified they
/// become the folder <models>/<name>. A value.
struct DownloadPlan {
  QString name;      ///< of the folder
  QString title;     ///< for the person
  QString origin;    ///< where it comes from, for the person: "huggingface.co/owner/repository"
  QString licence;   ///< for the person
  QByteArray token;  ///< secret, for the origin of the files' addresses; never written to disk
  QList<DownloadFile> files;

  bool operator==(const DownloadPlan&) const = default;
};

/// Limits of a plan.
inline constexpr int kMostDownloadFiles = 2000;
inline constexpr qint64 kLargestDownloadFile = 4LL * 1024 * 1024 * 1024 * 1024;  // bytes

/// The plan with its names rebuilt (see safePath) and its hashes in small letters, or a sentence why it cannot be:
/// names that lead elsewhere, two files that would become one, several origins, sizes or hashes that are none.
/// `problem` is set in that case.
DownloadPlan checkedPlan(const DownloadPlan& plan, QString& problem);

/// As JSON, without the token and without user, password and fragment of the addresses.
QByteArray writePlan(const DownloadPlan& plan);
/// Reads what writePlan wrote and checks it as checkedPlan does; `problem` says why it is none.
DownloadPlan readPlan(const QByteArray& json, QString& problem);

}  // namespace app
