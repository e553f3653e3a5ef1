#include "templates/budget.h"

#include <time.h>

#include <algorithm>

namespace templates {

namespace {

constexpr std::uint64_t kStepsBetweenChecks = 20'000;

std::string mebibytes(std::size_t bytes) {
  return bytes >= (std::size_t{1} << 20) ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes) + " bytes";
}

// Processor time, so that a busy machine stops no honest template.
std::chrono::nanoseconds thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Budget::Budget(const RenderOptions& options)
    : next_check_(std::min(kStepsBetweenChecks, options.max_steps)),
      max_steps_(options.max_steps),
      max_memory_(options.max_memory_bytes),
      max_output_(options.max_output_bytes),
      max_depth_(options.max_depth),
      stack_base_(static_cast<const char*>(__builtin_frame_address(0))),
      max_time_(options.max_time),
      started_(thread_time()) {}

void Budget::check() {
  if (steps_ >= max_steps_) {
    throw TemplateError(ErrorKind::Limit,
                        "the template does too much work: more than " + std::to_string(max_steps_) + " steps");
  }
  if (thread_time() - started_ > max_time_) {
    throw TemplateError(ErrorKind::Limit, "the template does too much work: it runs longer than " +
                                              std::to_string(max_time_.count()) + " milliseconds");
  }
  next_check_ = std::min(steps_ + kStepsBetweenChecks, max_steps_);
}

void Budget::charge(Shared& shared, std::size_t bytes) {
  require(bytes);
  shared.budget_ = this;
  shared.charged_ += bytes;
  memory_ += bytes;
}

Value Budget::text(MarkedText text, bool safe) {
  const std::size_t extra = text.memory();
  require(extra);
  return object(new StringData(std::move(text), safe), extra, Value::Kind::String);
}

Value Budget::list(std::vector<Value> items, Value::Kind kind) {
  const std::size_t extra = items.capacity() * sizeof(Value);
  return object(new ListData(std::move(items)), extra, kind);
}

Value Budget::dict(DictData* data) {
  return object(data, data->memory(), Value::Kind::Dict);
}

void Budget::fail_memory() const {
  throw TemplateError(ErrorKind::Limit,
                      "the template needs too much memory: its values may hold " + mebibytes(max_memory_));
}

void Budget::fail_depth(const std::string& of_what) const {
  throw TemplateError(ErrorKind::Limit, "the template goes beyond the depth limit: too many " + of_what);
}

void Budget::fail_output() const {
  throw TemplateError(ErrorKind::Limit, "the template writes too much output: more than " + mebibytes(max_output_));
}

void TextBuilder::repeat(std::string_view text, std::size_t times) {
  if (text.empty()) return;
  if (times > SIZE_MAX / 2 / text.size()) budget_.fail_memory();
  grow(text.size() * times);
  for (; times > 0; --times) text_.append(text, true);
}

void TextBuilder::hold(std::size_t bytes) {
  constexpr std::size_t kSmall = 256;
  const std::size_t wanted = std::max({bytes, held_ * 2, kSmall});
  budget_.hold(wanted - held_);
  held_ = wanted;
}

MarkedText TextBuilder::take() {
  budget_.drop(held_);
  held_ = 0;
  return std::move(text_);
}

}  // namespace templates
