#pragma once

#include <QByteArray>
#include <QList>
#include <QString>
#include <QStringList>

namespace app {

/// Which hub a repository is on; both answer HTTP, each in its own words.
enum class HubSource { HuggingFace, ModelScope };

/// A file of a repository as its hub lists it. What the hub says is believed of nothing but what to ask for next: the
/// path is checked before it is used, size and hash are compared with what comes.
struct HubFile {
  QString path;        ///< relative, '/' separated, as the hub gives it
  qint64 size = -1;    ///< bytes; -1: the hub does not say
  QByteArray sha256;   ///< 64 hexadecimal digits, or empty
  QByteArray gitSha1;  ///< 40 hexadecimal digits: the git blob's name, or empty

  bool operator==(const HubFile&) const = default;
};

/// One repository of a hub: a row of a search, and with its files what can be had of it.
struct HubRepo {
  HubSource source = HubSource::HuggingFace;
  QString repo;      ///< "owner/name"
  QString revision;  ///< the commit that `files` are of; where the hub names none, its main branch
  QString author;
  QString title;
  QString licence;        ///< as the hub writes it: "apache-2.0"; empty: not said
  qint64 downloads = -1;  ///< -1: not said
  bool gated = false;     ///< its owner wants to be asked first
  QStringList tags;
  QString architecture;  ///< "ernie4_5", as the hub read it from the files; empty: not said
  QString weightType;    ///< of most of the safetensors' numbers: "BF16"; empty: not said
  QList<HubFile> files;
};

/// What belongs together to run a model in one precision: every file that is fetched when it is chosen.
struct FileChoice {
  QString precision;  ///< "BF16", "Q4_K_M" ...; empty: the names do not say
  bool gguf = false;
  QList<HubFile> files;  ///< in the order to fetch them
  qint64 bytes = -1;     ///< of all files; -1: not known
  QString problem;       ///< why it cannot be used, in a sentence; empty: nothing is known against it
};

/// "huggingface.co" or "modelscope.cn"; what the person sees.
QString nameOf(HubSource source);

/// The choices among a repository's files: its safetensors model with config and tokenizer as one, every quantisation
/// of a GGUF file as one (all parts of a split file together). What Sotto has no use for (images, other formats, drafts
/// of other programs) is in none. Any order of `files`; names are untrusted. The smallest comes first. `weightType`: of
/// the safetensors, see HubRepo.
QList<FileChoice> choicesOf(const QList<HubFile>& files, const QString& weightType = {});

/// Why no model of this architecture runs in Sotto, in a sentence; empty: it does, or its name is not known.
QString architectureProblem(const QString& architecture);

/// Whether `repo` has the form "owner/name" that hubs use: letters, digits, '-', '_' and '.', 96 at most each.
bool isRepoName(const QString& repo);
/// Whether a path of a hub's listing may be asked for and kept: relative, no empty, "." or ".." part, no backslash or
/// control character, at most 400 bytes.
bool isSafePath(const QString& path);

}  // namespace app
