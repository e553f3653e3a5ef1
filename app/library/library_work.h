#pragma once

#include <QString>

#include "app/library/library_jobs.h"

namespace app {

/// The library's work on files. Each blocks its caller, tells `control` how far it is and stops when asked; none throws. What
/// becomes a model lies in <models>/.partial/ until it is whole and was looked at, and gets its name by a rename.

/// Copies the model at `from` into a folder of its own named after `title`. JobEnd::path is what loads it.
JobEnd importModel(const QString& from, const QString& modelsDir, const QString& title, JobControl& control);

/// Writes the model at `from` with `bits` (8 or 4) a weight into a folder of its own.
JobEnd quantizeInto(const QString& from, const QString& modelsDir, const QString& title, int bits, JobControl& control);

/// Moves the models folder `from` to `to`, which must not exist or be empty: by a rename, or where that cannot be by a copy
/// that is removed again unless it is complete. JobEnd::path is the new folder.
JobEnd moveFolder(const QString& from, const QString& to, JobControl& control);

/// Moves a model out of sight, into <models>/.trash/; JobEnd::path is where to. Only what lies below `modelsDir`.
JobEnd moveToTrash(const QString& path, const QString& modelsDir);

/// Moves it back to where it was.
JobEnd moveBack(const QString& trashed, const QString& path);

/// Removes what imports that ended with the program left, and what was deleted and not undone.
void clearLeftovers(const QString& modelsDir);

}  // namespace app
