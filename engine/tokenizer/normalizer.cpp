#include "engine/tokenizer/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/tokenizer/tokenizer.h"

namespace engine {

namespace {

// Normalisation form C. utf8proc's own loop sorts combining marks by insertion, which a long run of them makes
// quadratic; so the marks are put in order here and utf8proc decomposes and composes.
std::string compose(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return std::string(text);
  }
  std::vector<utf8proc_int32_t> points;
  points.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t point = 0;
    at += static_cast<std::size_t>(utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                                    static_cast<utf8proc_ssize_t>(text.size() - at), &point));
    utf8proc_int32_t parts[32];  // no character has more
    int last_class = 0;
    const auto count = utf8proc_decompose_char(point, parts, 32, UTF8PROC_COMPOSE, &last_class);
    points.insert(points.end(), parts, parts + count);
  }
  const auto mark_class = [](utf8proc_int32_t point) { return utf8proc_get_property(point)->combining_class; };
  for (auto begin = points.begin(); begin != points.end();) {
    begin = std::find_if(begin, points.end(), mark_class);
    const auto end = std::find_if_not(begin, points.end(), mark_class);
    std::stable_sort(begin, end, [&](auto a, auto b) { return mark_class(a) < mark_class(b); });
    begin = end;
  }
  const auto count = utf8proc_normalize_utf32(points.data(), static_cast<utf8proc_ssize_t>(points.size()),
                                              static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  std::string result;
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    utf8proc_uint8_t bytes[4];
    const auto size = utf8proc_encode_char(points[static_cast<std::size_t>(i)], bytes);
    result.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  return result;
}

void append_checked(std::string& result, std::string_view more) {
  refuse_long_text(result.size() + more.size());
  result += more;
}

std::string replace_text(std::string_view text, std::string_view pattern, std::string_view content) {
  if (pattern.empty()) return std::string(text);
  std::string result;
  for (auto at = text.find(pattern); at != text.npos; at = text.find(pattern)) {
    append_checked(result, text.substr(0, at));
    append_checked(result, content);
    text.remove_prefix(at + pattern.size());
  }
  append_checked(result, text);
  return result;
}

std::string replace_matches(std::string_view text, const Regex& regex, std::string_view content,
                            const SearchTime& time) {
  std::string result;
  std::size_t done = 0;
  for (const TextRange& match : regex.find_all(text, time)) {
    append_checked(result, text.substr(done, match.begin - done));
    append_checked(result, content);
    done = match.end;
  }
  append_checked(result, text.substr(done));
  return result;
}

}  // namespace

Normalizer::Normalizer(const std::vector<NormalizerStep>& steps, const std::string& file) {
  for (const NormalizerStep& step : steps) {
    steps_.push_back({step, std::nullopt});
    if (step.kind == NormalizerStep::Kind::Replace && step.is_regex) {
      steps_.back().regex.emplace(step.pattern, file + ": the normaliser's pattern");
    }
  }
}

std::string Normalizer::apply(std::string_view text) const {
  const SearchTime time(text.size());
  std::string result(text);
  for (const Step& step : steps_) {
    switch (step.step.kind) {
      case NormalizerStep::Kind::Replace:
        result = step.regex ? replace_matches(result, *step.regex, step.step.content, time)
                            : replace_text(result, step.step.pattern, step.step.content);
        break;
      case NormalizerStep::Kind::Prepend:
        if (!result.empty()) result.insert(0, step.step.content);
        break;
      case NormalizerStep::Kind::Nfc:
        result = compose(result);
        break;
    }
    refuse_long_text(result.size());
  }
  return result;
}

}  // namespace engine
