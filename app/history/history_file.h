#pragma once

#include <QString>
#include <memory>

#include "app/history/history_values.h"
#include "app/history/sqlite.h"

namespace app {

/// A history file that is open, sound, of the newest schema and ready for writing.
struct OpenedHistory {
  std::unique_ptr<Connection> connection;
  OpenReport report;
};

/// Opens or creates `path`, or a fresh file in its place where it is damaged or no history; see HistoryStore for what
/// happens to which file, and what is thrown.
OpenedHistory openHistoryFile(const QString& path);

/// A fresh history in memory.
std::unique_ptr<Connection> openHistoryInMemory();

}  // namespace app
