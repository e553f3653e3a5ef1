#include "app/network/http_fetch.h"

#include <algorithm>

#include "app/network/http_failure.h"

namespace app {

namespace {

/// A 200 to a question for a range may bring the whole file: the bytes up to the range's end are enough.
HttpQuestion unlimited(HttpQuestion question) {
  question.limit = -1;
  return question;
}

bool wantsRange(const HttpQuestion& question) {
  return question.lastByte >= 0;
}

}  // namespace

HttpFetch::HttpFetch(QNetworkAccessManager& network, const HttpQuestion& question, QObject* parent)
    : QObject(parent), question_(question), get_(network, wantsRange(question) ? unlimited(question) : question, this) {
  Q_ASSERT(question_.limit >= 0 && question_.limit <= kLargest);
  connect(&get_, &HttpGet::readyRead, this, &HttpFetch::take);
  connect(&get_, &HttpGet::finished, this, &HttpFetch::end);
}

void HttpFetch::start() {
  get_.start();
}

void HttpFetch::abort() {
  ended_ = true;
  get_.abort();
}

void HttpFetch::take() {
  // Of a whole file nothing after the range is kept, and nothing before it is needed for longer than until then.
  const qint64 enough =
      !wantsRange(question_) ? -1 : question_.lastByte + 1 - (get_.status() == 206 ? question_.firstByte : 0);
  while (!ended_ && get_.bytesAvailable() > 0) {
    body_ += get_.read(HttpGet::kReadAhead);
    if (body_.size() > kLargest || (enough >= 0 && body_.size() >= enough)) end();
  }
}

void HttpFetch::end() {
  if (ended_) return;
  ended_ = true;
  HttpAnswer answer;
  answer.status = get_.status();
  answer.url = get_.url();
  answer.etag = get_.header("ETag");
  answer.range = get_.range();
  answer.failure = get_.failure();
  if (!answer.failure && body_.size() > kLargest) {
    answer.failure.kind = HttpFailure::Kind::TooLarge;
    answer.failure.sentence = httpTooLargeSentence(get_.url(), kLargest);
  }
  if (!answer.failure) {
    answer.body = body_;
    if (wantsRange(question_)) {
      if (answer.status == 200) answer.body = answer.body.mid(question_.firstByte);
      answer.body.truncate(std::min(question_.limit, question_.lastByte - question_.firstByte + 1));
    }
  }
  get_.abort();
  emit finished(answer);
}

}  // namespace app
