#pragma once

#include <QByteArray>
#include <QString>
#include <atomic>
#include <memory>

#include "app/downloads/download_plan.h"

namespace app {

class Descriptor;

/// What a check that runs on another thread shares with the one who asked for it.
struct CheckShared {
  std::atomic<bool> stop = false;  // set by the one who asked
  std::atomic<qint64> bytes = 0;   // read so far; by the check
};

/// What a check found.
struct CheckResult {
  enum class Kind { Sound, Wrong, Unreadable, Stopped };
  Kind kind = Kind::Stopped;
  QString sentence;  ///< of Wrong and Unreadable
};

/// Reads a complete file and holds it against its length, its checksums (those that are known) and its own header (see
/// headerProblem; at `path`). Blocks: about 0.3 GB a second for SHA-256.
CheckResult checkFile(const Descriptor& opened, const QString& path, const DownloadFile& file,
                      const std::shared_ptr<CheckShared>& shared);

}  // namespace app
