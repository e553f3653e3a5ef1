// Writes replies into a history as the window does while a model answers (200 tokens a second, saved by a single-shot
// timer of 500 ms), turn after turn until it is killed. Tells on stdout what it did, a line each, with the monotonic
// clock:
//   turn REPLY            the turn is stored
//   token REPLY N MS      token N (from 0) of the reply was produced
//   finished REPLY COUNT  the finished reply is stored
//   error SENTENCE
#include <QCoreApplication>
#include <QTimer>
#include <chrono>
#include <cstdio>

#include "app/history/history.h"

namespace {

constexpr int kTokenIntervalMs = 5;
constexpr int kSaveDelayMs = 500;
constexpr int kTokensPerReply = 300;

long long monotonicMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class Writer : public QObject {
 public:
  explicit Writer(const QString& path) : history_(path) {
    save_.setSingleShot(true);
    save_.setInterval(kSaveDelayMs);
    token_.setInterval(kTokenIntervalMs);
    token_.setTimerType(Qt::PreciseTimer);
    connect(&save_, &QTimer::timeout, this, [this] {
      app::whenDone(
          history_.saveStreamingText(reply_, text_, ids_), this, [] {}, fail);
    });
    connect(&token_, &QTimer::timeout, this, &Writer::produce);
    app::whenDone(
        history_.createConversation(QStringLiteral("Crash")), this,
        [this](const app::Conversation& chat) { startTurn(chat.id, 0); }, fail);
  }

 private:
  static void fail(const app::HistoryError& error) {
    std::printf("error %s\n", error.what());
    std::fflush(stdout);
    std::abort();
  }

  void startTurn(qint64 chat, qint64 parent) {
    app::whenDone(
        history_.appendTurn(chat, parent, QStringLiteral("question"), QStringLiteral("model")), this,
        [this](const app::Turn& turn) {
          chat_ = turn.conversationId;
          reply_ = turn.replyId;
          text_.clear();
          ids_.clear();
          std::printf("turn %lld\n", reply_);
          std::fflush(stdout);
          token_.start();
        },
        fail);
  }

  void produce() {
    const int n = static_cast<int>(ids_.size());
    text_ += QStringLiteral("w%1 ").arg(n);
    ids_.append(n);
    std::printf("token %lld %d %lld\n", reply_, n, monotonicMs());
    std::fflush(stdout);
    if (ids_.size() < kTokensPerReply) {
      if (!save_.isActive()) {
        save_.start();
      }
      return;
    }
    token_.stop();
    save_.stop();
    app::whenDone(
        history_.finishReply(reply_, {.text = text_, .tokenIds = ids_, .finishReason = QStringLiteral("stop")}), this,
        [this] {
          std::printf("finished %lld %d\n", reply_, kTokensPerReply);
          std::fflush(stdout);
          startTurn(chat_, reply_);
        },
        fail);
  }

  app::History history_;
  QTimer save_;
  QTimer token_;
  qint64 chat_ = 0;
  qint64 reply_ = 0;
  QString text_;
  QList<qint32> ids_;
};

}  // namespace

int main(int argc, char** argv) {
  QCoreApplication program(argc, argv);
  if (argc != 2) {
    return 2;
  }
  Writer writer(QString::fromLocal8Bit(argv[1]));
  return program.exec();
}
