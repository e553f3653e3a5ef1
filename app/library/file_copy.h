#pragma once

#include <QString>
#include <functional>

namespace app {

/// Told how many bytes were copied since the last time; false: stop.
using CopyProgress = std::function<bool(qint64)>;

/// Copies the content of a file, so that it is safe on the disk when this returns: as a second reference to the same blocks
/// where the file system can (btrfs, xfs), else by the kernel, else by hand. Links are followed; `to` must not exist. Blocks.
/// Returns what went wrong, in a sentence naming the file; empty where it was done or stopped. A file that is not whole is
/// removed.
QString copyFile(const QString& from, const QString& to, const CopyProgress& progress);

/// Removes a folder with all in it, or a file; links are removed, never followed. False: something is left.
bool removeAll(const QString& path);

/// Makes the entries of a folder safe on the disk.
void syncFolder(const QString& folder);

}  // namespace app
