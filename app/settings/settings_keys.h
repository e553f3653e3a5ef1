#pragma once

#include <QString>

/// Names of the preferences about models and the network, in the file.
namespace app::keys {

inline const QString kModelsFolder = QStringLiteral("modelsFolder");
inline const QString kModelRecords = QStringLiteral("modelRecords");
inline const QString kModelSampling = QStringLiteral("modelSampling");
inline const QString kKeepLoadedMinutes = QStringLiteral("keepLoadedMinutes");
inline const QString kHubEndpoint = QStringLiteral("hubEndpoint");
inline const QString kNetworkProxy = QStringLiteral("networkProxy");
inline const QString kOffline = QStringLiteral("offline");
inline const QString kDownloadLimitKb = QStringLiteral("downloadLimitKb");
inline const QString kRemoteModels = QStringLiteral("remoteModels");
inline const QString kLastModelPath = QStringLiteral("lastModelPath");
inline const QString kKnownModels = QStringLiteral("knownModels");

}  // namespace app::keys
