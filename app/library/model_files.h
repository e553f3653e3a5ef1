#pragma once

#include <QFileInfo>
#include <QList>
#include <QString>
#include <QStringList>

namespace app {

/// Files of a model: what has to be there, to be counted and to be copied. All of it reads the disk: not on the UI
/// thread. Links are followed, names are taken from the disk.

constexpr int kMostFolderEntries = 4096;  ///< of one folder that are looked at

/// The entries of a folder, sorted by name, without hidden ones, at most kMostFolderEntries of them.
QList<QFileInfo> entriesOf(const QString& folder);

/// "model-00002-of-00003.gguf": the second of three parts of one model.
struct GgufPart {
  QString stem;  ///< the name without part and ending
  int number = 1, count = 1;
};
GgufPart ggufPart(const QString& fileName);

/// A folder in the hub's layout with weights of its own: config.json and safetensors (or what names them). `entries` are
/// the folder's.
bool isModelFolder(const QList<QFileInfo>& entries);

/// The models among a folder's GGUF files: of parts the first, without projectors of pictures, which are no models.
QStringList ggufModels(const QList<QFileInfo>& entries);

/// All files of the model at `path`: of a folder those that a model can have, of a GGUF file all its parts.
QList<QFileInfo> filesOf(const QString& path);

/// What files take up together; one that has several names counts once.
qint64 bytesOf(const QList<QFileInfo>& files);

/// The licence that a model folder's README.md names in its head ("apache-2.0"); empty: none.
QString licenceIn(const QString& folder);

/// What Sotto wrote into a model's folder when it made it (.sotto.json): what it is called, where it is from, its licence.
/// Each one line, empty where it is not said.
struct AboutModel {
  QString title, origin, licence;
};
AboutModel aboutModel(const QString& folder);
/// Writes it; where that fails, the model has no story.
void writeAboutModel(const QString& folder, const AboutModel& about);

/// A name for a folder, made of any text: letters, digits and "-_. ()" of it, never empty, hidden, or long.
QString folderNameFor(const QString& title);

}  // namespace app
