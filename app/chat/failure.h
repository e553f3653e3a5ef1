#pragma once

#include <QString>

namespace app {

/// A failure in words for people; the detail is the thrower's own sentence.
struct Failure {
  QString error;
  QString detail;

  /// The one sentence that says most.
  QString sentence() const { return detail.isEmpty() ? error : detail; }
};

/// The exception that is being handled, of the engine, a template or the library; within a catch block. Any thread.
Failure currentFailure();

}  // namespace app
