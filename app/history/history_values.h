#pragma once

#include <QDateTime>
#include <QList>
#include <QString>
#include <QtGlobal>

namespace app {

/// The plain values that the history stores and gives out. Ids are positive, unique for the life of the file and
/// never used again; 0 stands for "none". Times are UTC with milliseconds.

enum class MessageRole { System = 0, User = 1, Assistant = 2 };

enum class MessageStatus {
  Complete = 0,     ///< whole; the only status of a message a person wrote
  Streaming = 1,    ///< being written by the model in this run of the program
  Interrupted = 2,  ///< the program ended while it was being written
  Cancelled = 3,    ///< stopped by the person, text kept
  Failed = 4,       ///< the engine gave up, text so far kept, finishReason says why
};

struct Conversation {
  qint64 id = 0;
  QString title{};  ///< empty until somebody names it
  QDateTime created{};
  QDateTime updated{};  ///< last time a message was added or finished; orders the sidebar
  bool pinned = false;
  qint64 currentLeaf = 0;  ///< last message of the path that is shown; 0: no message yet
  QString modelPath{};     ///< model last used here; empty: none chosen
  QString modelName{};
  QString samplingJson{};  ///< the conversation's own sampling settings as a JSON object; empty: none
  QString draft{};         ///< text typed but not sent
  QString promptJson{};    ///< the conversation's own system prompt and chat template as a JSON object; empty: none

  bool operator==(const Conversation&) const = default;
};

struct Message {
  qint64 id = 0;
  qint64 conversationId = 0;
  qint64 parentId = 0;  ///< the message before it; 0: it is a root
  MessageRole role = MessageRole::User;
  QString text{};
  QList<qint32>
      tokenIds{};  ///< ids the model generated, in order, so that the cache can be extended exactly; empty: unknown
  MessageStatus status = MessageStatus::Complete;
  QString finishReason{};  ///< the engine's word (stop, length, cancelled ...) or a sentence; empty for user messages
  QString modelName{};     ///< who wrote it; empty for user messages
  int promptTokens = 0;
  int completionTokens = 0;
  double tokensPerSecond = 0;
  qint64 timeToFirstTokenMs = 0;
  QDateTime created{};
  int siblingIndex = 0;  ///< 0-based place among the versions (children of the same parent), oldest first
  int siblingCount = 1;  ///< number of versions, itself included

  bool operator==(const Message&) const = default;
};

/// All that a generation needs, and where its answer goes.
struct Turn {
  qint64 conversationId = 0;
  QList<Message> messages{};  ///< from the root to the user message that is to be answered
  qint64 userMessageId = 0;   ///< == messages.last().id
  qint64 replyId = 0;  ///< the empty assistant message, status Streaming; already the conversation's current leaf
  int replySiblingIndex = 0;  ///< 0-based place of that reply among the versions of the answer
  int replySiblingCount = 1;

  bool operator==(const Turn&) const = default;
};

/// How a reply ended, for finishReply.
struct ReplyOutcome {
  QString text{};
  QList<qint32> tokenIds{};
  MessageStatus status = MessageStatus::Complete;  ///< anything but Streaming
  QString finishReason{};
  int promptTokens = 0;
  int completionTokens = 0;
  double tokensPerSecond = 0;
  qint64 timeToFirstTokenMs = 0;
};

/// A stretch of text in UTF-16 units.
struct TextRange {
  qsizetype start = 0;
  qsizetype length = 0;

  bool operator==(const TextRange&) const = default;
};

struct SearchHit {
  qint64 conversationId = 0;
  qint64 messageId = 0;        ///< 0: the title itself matched
  QString title{};             ///< title of the conversation
  QString snippet{};           ///< one line around the first match; of a title hit the title
  QList<TextRange> matches{};  ///< the matches inside snippet, in order, not overlapping

  bool operator==(const SearchHit&) const = default;
};

/// What opening the history found.
struct OpenReport {
  QString notice{};          ///< a sentence to show; empty: all was well
  QString movedAsidePath{};  ///< where the damaged file is kept now; empty: nothing was moved

  bool operator==(const OpenReport&) const = default;
};

}  // namespace app
