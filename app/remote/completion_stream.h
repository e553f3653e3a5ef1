#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>

#include "app/network/http_post.h"
#include "app/remote/completion_answer.h"
#include "app/remote/completion_question.h"
#include "app/remote/event_reader.h"
#include "app/remote/remote_failure.h"
#include "app/remote/remote_model.h"
#include "app/remote/reply_text.h"

class QNetworkAccessManager;

namespace app {

/// What one read brought.
struct CompletionPiece {
  QString text;                   ///< to be added to the reply; reasoning stands between <think> and </think>
  QList<CompletionToken> tokens;  ///< with their log-probabilities, where asked for and told
  int deltas = 0;                 ///< pieces that the server sent: tokens, as a rule, until usage tells them
};

/// How it ended. `error` is empty where the server wrote to the end.
struct CompletionEnd {
  QString finishReason;        ///< the server's word: "stop", "length" ...; empty with an error
  QString error;               ///< one sentence for people; what came before stays
  QString errorDetail;         ///< what the server said itself; may be empty
  int status = 0;              ///< of HTTP, where it is the error
  int retryAfterSeconds = -1;  ///< what the server asked to wait; -1: it did not
  int promptTokens = -1, cachedTokens = -1, completionTokens = -1;  ///< by the server's usage; -1: not told
  QStringList leftOut;  ///< settings that were not sent because the server does not take them, such as "top_k"
  QString notice;       ///< the same in a sentence; empty: none
};

/// One reply of a remote model, streamed: POST {base}/chat/completions, server-sent events read as they come. UI
/// thread.
///
/// No redirect is followed. The key goes to the base's origin only, by plain http only to this machine or where the
/// model says plainHttp. Where the server refuses a field that not all servers know (top_k, min_p ...) and names it, it
/// is asked again without. A connection that ends before the server said why the reply ends is an error, as is silence.
class CompletionStream : public QObject {
  Q_OBJECT

 public:
  static constexpr int kFirstSilenceMs = 15 * 60 * 1000;  ///< a large model behind a queue may take minutes to begin
  static constexpr int kSilenceMs = 3 * 60 * 1000;        ///< between pieces, once it writes
  static constexpr qint64 kLongestAnswer = 1024LL * 1024 * 1024;  ///< bytes
  static constexpr qsizetype kLongestWhole = 32 * 1024 * 1024;    ///< bytes, of an answer that is no stream
  static constexpr qsizetype kLongestText = 8 * 1024 * 1024;      ///< UTF-16 units of reply

  CompletionStream(QNetworkAccessManager& network, const RemoteModel& model, const CompletionQuestion& question,
                   QObject* parent = nullptr);
  /// As abort().
  ~CompletionStream() override;

  /// Sends it, once. `key` empty: none is sent. `unknown` are fields that this server is known not to take.
  void start(const QByteArray& key, const QStringList& unknown = {});
  /// Ends it before it was sent, or in the middle, with a sentence; finished() follows.
  void fail(const QString& sentence);
  /// Closes the connection at once; no signal comes after.
  void abort();
  /// For tests: the longest silences, in milliseconds.
  void setSilence(int firstMs, int laterMs);

  const CompletionEnd& end() const { return end_; }              ///< complete once finished() came
  const QStringList& unknownFields() const { return unknown_; }  ///< that the server did not take

 signals:
  /// Once a read that brought something.
  void added(const app::CompletionPiece& piece);
  /// The last signal, once; see end().
  void finished();

 private:
  void send();
  void drop();
  void answered();
  void readAnswer();
  void postFinished();
  void takeJson(const QByteArray& bytes, bool isError, CompletionPiece& piece);
  void tell(const CompletionPiece& piece);
  void refused();
  bool askAgain(const QStringList& fields);
  void failWith(const QString& sentence, const QString& detail = {});
  void finish();
  void noteLeftOut();
  RemotePlace place() const;

  QNetworkAccessManager& network_;
  const RemoteModel model_;
  const CompletionQuestion question_;
  QByteArray key_;
  QStringList unknown_;
  QByteArray sent_;           // the body of the question
  HttpPost* post_ = nullptr;  // a child of this; null: nothing is under way
  EventReader reader_;
  ReplyText text_;
  CompletionEnd end_;
  QByteArray whole_;  // of an answer that is no stream
  bool isStream_ = false;
  bool done_ = false;    // the server said that nothing more comes
  bool writes_ = false;  // the first text came
  bool ended_ = false;   // or aborted
  int firstSilenceMs_ = kFirstSilenceMs;
  int silenceMs_ = kSilenceMs;
};

}  // namespace app
