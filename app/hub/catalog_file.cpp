#include "app/hub/catalog_file.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <cmath>

namespace app {

namespace {

constexpr qsizetype kLargestCatalog = 1024 * 1024;  // bytes
constexpr int kVersion = 1;
constexpr int kMostCards = 200;
constexpr int kMostChoices = 30;
constexpr int kLongestText = 600;  // characters

/// One object of the file, read field by field; the first fault is kept.
class Fields {
 public:
  Fields(const QJsonValue& value, const QString& place, QString& problem)
      : object_(value.toObject()), place_(place), problem_(problem) {
    if (!value.isObject()) refuse(QString(), QStringLiteral("an object"));
  }

  QString text(const char* key) const {
    const QString found = object_.value(QLatin1String(key)).toString();
    if (found.isEmpty() || found.size() > kLongestText) refuse(QLatin1String(key), QStringLiteral("a text"));
    return found;
  }

  qint64 number(const char* key, double least, double most) const {
    const double found = object_.value(QLatin1String(key)).toDouble(-1);
    if (found >= least && found <= most && found == std::floor(found)) return static_cast<qint64>(found);
    refuse(QLatin1String(key), QStringLiteral("a whole number from %1 to %2").arg(least).arg(most));
    return 0;
  }

  QJsonArray list(const char* key, int most) const {
    const QJsonArray found = object_.value(QLatin1String(key)).toArray();
    if (found.isEmpty() || found.size() > most)
      refuse(QLatin1String(key), QStringLiteral("a list of 1 to %1 items").arg(most));
    return found;
  }

  QJsonObject object(const char* key) const {
    if (!object_.value(QLatin1String(key)).isObject()) refuse(QLatin1String(key), QStringLiteral("an object"));
    return object_.value(QLatin1String(key)).toObject();
  }

  bool flag(const char* key) const { return object_.value(QLatin1String(key)).toBool(false); }

  void refuse(const QString& key, const QString& expected) const {
    if (!problem_.isEmpty()) return;
    problem_ = QStringLiteral("The catalogue is damaged: %1 must be %2.")
                   .arg(key.isEmpty() ? place_ : place_ + QLatin1Char('.') + key, expected);
  }

 private:
  QJsonObject object_;
  QString place_;
  QString& problem_;
};

QString inLanguage(const QJsonObject& texts, const QString& language) {
  for (const QString& name : {language, language.section(QLatin1Char('_'), 0, 0), QStringLiteral("en")}) {
    if (const QString text = texts.value(name).toString(); !text.isEmpty() && text.size() <= kLongestText) return text;
  }
  return {};
}

CatalogChoice readChoice(const Fields& fields) {
  CatalogChoice choice;
  const QString source = fields.text("source");
  choice.source = source == QLatin1String("modelscope") ? HubSource::ModelScope : HubSource::HuggingFace;
  if (source != QLatin1String("modelscope") && source != QLatin1String("huggingface"))
    fields.refuse(QStringLiteral("source"), QStringLiteral("\"huggingface\" or \"modelscope\""));
  choice.repo = fields.text("repo");
  if (!isRepoName(choice.repo)) fields.refuse(QStringLiteral("repo"), QStringLiteral("a name such as owner/name"));
  choice.precision = fields.text("precision");
  if (bitsPerWeight(choice.precision) == 0)
    fields.refuse(QStringLiteral("precision"), QStringLiteral("a precision such as \"Q4_K_M\""));
  const QString format = fields.text("format");
  choice.gguf = format == QLatin1String("gguf");
  if (!choice.gguf && format != QLatin1String("safetensors"))
    fields.refuse(QStringLiteral("format"), QStringLiteral("\"gguf\" or \"safetensors\""));
  return choice;
}

CatalogCard readCard(const QJsonValue& value, const QString& place, const QString& language, QString& problem) {
  const Fields fields(value, place, problem);
  CatalogCard card;
  card.title = fields.text("title");
  card.maker = fields.text("maker");
  card.licence = fields.text("licence");
  card.summary = inLanguage(fields.object("summary"), language);
  if (card.summary.isEmpty()) fields.refuse(QStringLiteral("summary.en"), QStringLiteral("a text"));
  card.quality = static_cast<int>(fields.number("quality", 1, 9));
  card.thinks = fields.flag("thinks");
  card.size.parameters = fields.number("parameters", 1e6, 1e13);
  card.size.activeParameters = fields.number("activeParameters", 1e6, double(card.size.parameters));
  card.size.kvBytesPerToken = fields.number("kvBytesPerToken", 1, 1e8);
  card.size.contextLength = fields.number("contextLength", 1, 1e8);
  const QJsonArray choices = fields.list("choices", kMostChoices);
  for (int i = 0; i < choices.size(); ++i) {
    const QString at = place + QStringLiteral(".choices[%1]").arg(i);
    card.choices.append(readChoice(Fields(choices[i], at, problem)));
  }
  return card;
}

}  // namespace

QList<CatalogCard> readCatalog(const QByteArray& json, const QString& language, QString& problem) {
  problem.clear();
  if (json.size() > kLargestCatalog) {
    problem = QStringLiteral("The catalogue is damaged: it has %1 bytes, more than %2.")
                  .arg(json.size())
                  .arg(kLargestCatalog);
    return {};
  }
  QJsonParseError error;
  const QJsonDocument document = QJsonDocument::fromJson(json, &error);
  if (error.error != QJsonParseError::NoError) {
    problem = QStringLiteral("The catalogue is damaged: %1 at byte %2.").arg(error.errorString()).arg(error.offset);
    return {};
  }
  const Fields fields(document.object(), QStringLiteral("catalogue"), problem);
  fields.number("version", kVersion, kVersion);
  const QJsonArray models = fields.list("models", kMostCards);
  QList<CatalogCard> cards;
  for (int i = 0; i < models.size(); ++i)
    cards.append(readCard(models[i], QStringLiteral("models[%1]").arg(i), language, problem));
  return problem.isEmpty() ? cards : QList<CatalogCard>();
}

}  // namespace app
