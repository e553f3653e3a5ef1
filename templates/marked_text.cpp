#include "templates/marked_text.h"

#include <algorithm>
#include <cassert>

namespace templates {

MarkedText MarkedText::from_template(std::string text) {
  MarkedText out;
  out.text_ = std::move(text);
  out.uniform_from_template_ = true;
  return out;
}

MarkedText MarkedText::from_caller(std::string text) {
  MarkedText out;
  out.text_ = std::move(text);
  out.uniform_from_template_ = false;
  return out;
}

std::vector<Span> MarkedText::spans() const {
  if (text_.empty()) return {};
  if (runs_.empty()) return {{0, text_.size(), uniform_from_template_}};
  std::vector<Span> out;
  out.reserve(runs_.size());
  std::size_t begin = 0;
  for (const Run& run : runs_) {
    out.push_back({begin, run.end, run.from_template});
    begin = run.end;
  }
  return out;
}

std::size_t MarkedText::run_at(std::size_t position) const {
  const auto found = std::upper_bound(runs_.begin(), runs_.end(), position,
                                      [](std::size_t at, const Run& run) { return at < run.end; });
  return static_cast<std::size_t>(found - runs_.begin());
}

bool MarkedText::from_template_at(std::size_t position) const {
  assert(position < text_.size());
  return runs_.empty() ? uniform_from_template_ : runs_[run_at(position)].from_template;
}

void MarkedText::begin_run(std::size_t size, bool from_template) {
  if (size == 0) {
    runs_.clear();
    uniform_from_template_ = from_template;
    return;
  }
  if (runs_.empty()) {
    if (uniform_from_template_ == from_template) return;
    runs_.push_back({size, uniform_from_template_});
  }
  runs_.push_back({text_.size(), from_template});
}

void MarkedText::append_runs(const MarkedText& other, std::size_t begin, std::size_t end) {
  assert(begin <= end && end <= other.size());
  if (&other == this) {
    const MarkedText copy = other;
    append_runs(copy, begin, end);
    return;
  }
  for (std::size_t run = other.run_at(begin); begin < end; ++run) {
    const std::size_t stop = std::min(end, other.runs_[run].end);
    append(std::string_view(other.text_).substr(begin, stop - begin), other.runs_[run].from_template);
    begin = stop;
  }
}

MarkedText MarkedText::slice(std::size_t begin, std::size_t end) const {
  MarkedText out;
  out.append(*this, begin, end);
  return out;
}

MarkedText MarkedText::with_bytes(std::string bytes) const {
  assert(bytes.size() == text_.size());
  MarkedText out;
  out.text_ = std::move(bytes);
  out.runs_ = runs_;
  out.uniform_from_template_ = uniform_from_template_;
  return out;
}

}  // namespace templates
