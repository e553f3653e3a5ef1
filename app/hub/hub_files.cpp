#include "app/hub/hub_files.h"

#include <QCoreApplication>
#include <QMap>
#include <QRegularExpression>
#include <algorithm>

namespace app {

namespace {

constexpr int kLongestRepoPart = 96;  // characters; what the hubs allow
constexpr int kLongestPath = 400;     // bytes
constexpr int kMostParts = 1000;      // of a split model
constexpr int kMostChoices = 60;      // of a repository; those with most have about 30

/// What a model folder has beside its weights, as far as the engine reads it, and the licence.
const QStringList kBesideWeights = {
    QStringLiteral("config.json"),
    QStringLiteral("generation_config.json"),
    QStringLiteral("tokenizer_config.json"),
    QStringLiteral("special_tokens_map.json"),
    QStringLiteral("added_tokens.json"),
    QStringLiteral("tokenizer.model"),
    QStringLiteral("tokenizer.json"),
    QStringLiteral("chat_template.jinja"),
    QStringLiteral("model.safetensors.index.json"),
    QStringLiteral("LICENSE"),
};

QString tr(const char* text) {
  return QCoreApplication::translate("app::HubFiles", text);
}

QString fileName(const QString& path) {
  return path.mid(path.lastIndexOf(QLatin1Char('/')) + 1);
}

/// "PREFIX-00002-of-00003.ENDING"; part 0: not split.
struct Part {
  QString whole;  ///< the name without its part
  int number = 0;
  int count = 0;
};

Part partOf(const QString& path) {
  static const QRegularExpression split(QStringLiteral("\\A(.*)-([0-9]{5})-of-([0-9]{5})\\.(gguf|safetensors)\\z"));
  const auto match = split.match(path);
  if (!match.hasMatch()) return {path, 0, 0};
  return {match.captured(1) + QLatin1Char('.') + match.captured(4), match.captured(2).toInt(),
          match.captured(3).toInt()};
}

/// Whether the parts are 1 to N of N, each once; they are put in that order.
bool sortParts(QList<HubFile>& files) {
  if (files.size() > kMostParts) return false;
  std::sort(files.begin(), files.end(),
            [](const HubFile& a, const HubFile& b) { return partOf(a.path).number < partOf(b.path).number; });
  const int count = partOf(files.first().path).count;
  if (count == 0) return files.size() == 1;
  if (files.size() != count) return false;
  for (int i = 0; i < count; ++i) {
    const Part part = partOf(files[i].path);
    if (part.number != i + 1 || part.count != count) return false;
  }
  return true;
}

void addBytes(FileChoice& choice) {
  choice.bytes = 0;
  for (const HubFile& file : choice.files) {
    if (file.size < 0 || choice.bytes > std::numeric_limits<qint64>::max() - file.size) {
      choice.bytes = -1;
      return;
    }
    choice.bytes += file.size;
  }
}

/// The precision that a GGUF file's name tells: "Q4_K_M", "UD-Q4_K_XL", "BF16"; empty: none.
QString precisionOf(const QString& name) {
  static const QRegularExpression pattern(
      QStringLiteral(
          "(?<![A-Za-z0-9])((?:UD-)?(?:I?Q[1-8]_[A-Z0-9]+(?:_[A-Z0-9]+)*|TQ[12]_0|MXFP4(?:_MOE)?|BF16|F16|F32|FP16))"
          "(?![A-Za-z0-9_])"),
      QRegularExpression::CaseInsensitiveOption);
  QString found;
  for (auto matches = pattern.globalMatch(name); matches.hasNext();) found = matches.next().captured(1).toUpper();
  return found == QLatin1String("FP16") ? QStringLiteral("F16") : found;
}

/// Number formats of GGUF that the engine does not read; a file named after one is full of them.
QString precisionProblem(const QString& precision) {
  static const QRegularExpression unread(QStringLiteral("\\A(?:UD-)?(?:IQ[123]_|TQ|Q4_0_[48]_)"));
  if (!unread.match(precision).hasMatch()) return {};
  return tr("Sotto does not read the number format %1; take a file in Q4_K_M or Q8_0.").arg(precision);
}

QList<FileChoice> ggufChoices(const QList<HubFile>& files) {
  QMap<QString, QList<HubFile>> models;  // by the path without part numbers
  for (const HubFile& file : files) {
    const QString name = fileName(file.path).toLower();
    if (!name.endsWith(QLatin1String(".gguf"))) continue;
    if (name.contains(QLatin1String("mmproj")) || name.contains(QLatin1String("imatrix"))) continue;
    models[partOf(file.path).whole].append(file);
  }
  QList<FileChoice> choices;
  for (auto model = models.begin(); model != models.end(); ++model) {
    if (choices.size() == kMostChoices) break;
    FileChoice choice;
    choice.gguf = true;
    choice.files = *model;
    choice.precision = precisionOf(fileName(model.key()));
    choice.problem = precisionProblem(choice.precision);
    if (!sortParts(choice.files)) choice.problem = tr("Parts of this model are missing on the hub.");
    addBytes(choice);
    choices.append(choice);
  }
  return choices;
}

QList<FileChoice> safetensorsChoice(const QList<HubFile>& files, const QString& weightType) {
  static const QRegularExpression weights(QStringLiteral("\\Amodel(?:-[0-9]{5}-of-[0-9]{5})?\\.safetensors\\z"));
  FileChoice choice;
  QList<HubFile> shards;
  for (const HubFile& file : files) {
    if (kBesideWeights.contains(file.path)) choice.files.append(file);
    if (weights.match(file.path).hasMatch()) shards.append(file);
  }
  if (shards.isEmpty()) return {};
  const auto has = [&](const char* name) {
    return std::any_of(choice.files.begin(), choice.files.end(),
                       [&](const HubFile& file) { return file.path == QLatin1String(name); });
  };
  choice.precision = weightType;
  if (!sortParts(shards)) {
    choice.problem = tr("Parts of this model are missing on the hub.");
  } else if (!has("config.json")) {
    choice.problem = tr("There is no config.json beside the weights, so nothing says what they are.");
  } else if (!has("tokenizer.json") && !has("tokenizer.model")) {
    choice.problem = tr("There is no tokenizer beside the weights, so no text can be read or written.");
  }
  // The small files first: what is wrong with them is known before hours of weights.
  std::sort(choice.files.begin(), choice.files.end(), [](const HubFile& a, const HubFile& b) {
    return kBesideWeights.indexOf(a.path) < kBesideWeights.indexOf(b.path);
  });
  choice.files += shards;
  addBytes(choice);
  return {choice};
}

}  // namespace

QString nameOf(HubSource source) {
  return source == HubSource::HuggingFace ? QStringLiteral("Hugging Face") : QStringLiteral("ModelScope");
}

bool isRepoName(const QString& repo) {
  static const QRegularExpression part(QStringLiteral("\\A[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\\z"));
  const QStringList parts = repo.split(QLatin1Char('/'));
  return parts.size() == 2 && std::all_of(parts.begin(), parts.end(), [](const QString& text) {
           return text.size() <= kLongestRepoPart && !text.contains(QLatin1String("..")) && part.match(text).hasMatch();
         });
}

bool isSafePath(const QString& path) {
  if (path.isEmpty() || path.toUtf8().size() > kLongestPath) return false;
  for (const QChar letter : path) {
    if (!letter.isPrint() || letter == QLatin1Char('\\') || letter == QLatin1Char(':')) return false;
  }
  const QStringList parts = path.split(QLatin1Char('/'));
  return std::none_of(parts.begin(), parts.end(), [](const QString& part) {
    return part.isEmpty() || part == QLatin1String(".") || part == QLatin1String("..");
  });
}

QList<FileChoice> choicesOf(const QList<HubFile>& files, const QString& weightType) {
  QList<HubFile> safe;
  for (const HubFile& file : files) {
    if (isSafePath(file.path)) safe.append(file);
  }
  QList<FileChoice> choices = ggufChoices(safe) + safetensorsChoice(safe, weightType);
  std::stable_sort(choices.begin(), choices.end(),
                   [](const FileChoice& a, const FileChoice& b) { return a.bytes < b.bytes; });
  return choices;
}

QString architectureProblem(const QString& architecture) {
  // As config.json and GGUF write them; early GLM-4-0414 files say "chatglm", which the header decides.
  static const QStringList run = {QStringLiteral("ernie4_5"), QStringLiteral("ernie4_5_moe"),
                                  QStringLiteral("ernie4_5-moe"), QStringLiteral("glm4"), QStringLiteral("chatglm")};
  if (architecture.isEmpty() || run.contains(architecture)) return {};
  return tr("It is a %1 model; Sotto runs ERNIE 4.5 and GLM-4-0414.").arg(architecture.left(40));
}

}  // namespace app
