#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include "app/hub/hub_files.h"
#include "app/hub/model_fit.h"

namespace app {

/// One way to have a model of the catalogue.
struct CatalogChoice {
  HubSource source = HubSource::HuggingFace;
  QString repo;
  QString precision;
  bool gguf = false;
};

/// A model of the catalogue.
struct CatalogCard {
  QString title;
  QString summary;  ///< in the language asked for, else English
  QString maker;
  QString licence;
  int quality = 0;      ///< how good its answers are beside the others', 1 to 9
  bool thinks = false;  ///< it thinks at length before it answers
  ModelSize size;
  QList<CatalogChoice> choices;
};

/// Reads resources/catalog.json. `language` as in QLocale::name(): "zh_CN" finds "zh_CN", then "zh", then "en".
/// Anything that is not of the form makes it no catalogue: `problem` says where, and nothing is returned.
QList<CatalogCard> readCatalog(const QByteArray& json, const QString& language, QString& problem);

}  // namespace app
