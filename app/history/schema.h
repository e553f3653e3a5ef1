#pragma once

#include <span>

#include "app/history/sqlite.h"

namespace app {

/// Says in the file's header that it is a Sotto history ("SOTT"); the sqlite_master of any other program has none or
/// another.
constexpr qint64 kApplicationId = 0x534f5454;

/// A step from one version of the schema to the next. Never changed once released: a later version is a further step.
struct Migration {
  int version;  ///< what user_version is after it
  void (*apply)(Connection&);
};

/// All steps, oldest first.
std::span<const Migration> migrations();

/// The version that this program writes.
int newestSchemaVersion();

/// Brings a file (or an empty one) to `version`, one transaction a step, so that an interrupted migration goes on where
/// it stopped. Does nothing at or above that version.
void migrate(Connection& connection, int version = newestSchemaVersion());

/// Whether all tables of the newest version are there.
bool hasAllTables(Connection& connection);

}  // namespace app
