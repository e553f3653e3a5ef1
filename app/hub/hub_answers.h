#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include "app/hub/hub_files.h"

namespace app {

/// What hubs answer, read. Nothing in an answer is trusted: of what is no repository name, no safe path, no size or no
/// hash nothing is kept, and counts have limits. `problem` is set to a sentence where the answer is not of the hub's
/// form; a repository's faults within it are passed over. Any thread.

inline constexpr int kMostFoundRepos = 50;
inline constexpr int kMostRepoFiles = 5000;

/// GET /api/models: a list of repositories, without files.
QList<HubRepo> readHuggingFaceSearch(const QByteArray& json, QString& problem);
/// GET /api/models/OWNER/NAME?blobs=true: a repository with its files and commit.
HubRepo readHuggingFaceRepo(const QByteArray& json, QString& problem);
/// GET /openapi/v1/models.
QList<HubRepo> readModelScopeSearch(const QByteArray& json, QString& problem);
/// GET /api/v1/models/OWNER/NAME/repo/files: the files of a repository, which is not named in it.
HubRepo readModelScopeRepo(const QByteArray& json, QString& problem);

}  // namespace app
