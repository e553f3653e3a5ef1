#pragma once

#include <QString>

namespace app {

/// The text of a reply whose reasoning comes apart from it: reasoning stands first, between <think> and </think>, as
/// models on this machine write it.
class ReplyText {
 public:
  /// Text to be added for a piece of reasoning and of text; either may be empty. What is no whole character yet (one
  /// half of a pair that came in two pieces) waits for the rest.
  QString add(const QString& reasoning, const QString& text);
  /// What is left to add at the end: of a half character its replacement, of open reasoning its end.
  QString end();
  qsizetype size() const { return size_; }  ///< UTF-16 units given out

 private:
  enum class Part { Nothing, Reasoning, Text };

  QString taken(QString piece);
  QString close();

  Part part_ = Part::Nothing;
  QChar half_;  // a high surrogate that waits; null: none
  qsizetype size_ = 0;
};

/// A reply without the reasoning at its head, which is not sent back: chat templates leave that of earlier replies out.
QString withoutReasoning(const QString& reply);

}  // namespace app
