#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/tokenizer/regex.h"

#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

constexpr std::size_t kMaxPatternBytes = std::size_t{64} << 10;  // published patterns have a few hundred
constexpr std::size_t kStackBytes = std::size_t{16} << 20;       // of compiled patterns; mapped as it is used
constexpr std::uint32_t kHeapKibibytes = 64 << 10;               // of interpreted ones

// Unicode's White_Space. PCRE2's \s has U+180E besides, which lost the property in Unicode 6.3; Oniguruma's has not.
constexpr std::string_view kSpaces =
    R"(\t-\r\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

// The pattern with \s (and outside of classes \S) written out.
std::string with_spaces_written_out(std::string_view pattern) {
  std::string result;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      const char next = pattern[++i];
      if (next == 's') {
        result += in_class ? std::string(kSpaces) : "[" + std::string(kSpaces) + "]";
      } else if (next == 'S' && !in_class) {
        result += "[^" + std::string(kSpaces) + "]";
      } else {
        result += {c, next};
      }
      continue;
    }
    result += c;
    if (!in_class && c == '[') {
      in_class = true;
      // A "]" at the beginning of a class belongs to it.
      for (const char first : {'^', ']'}) {
        if (i + 1 < pattern.size() && pattern[i + 1] == first) result += pattern[++i];
      }
    } else if (in_class && pattern.substr(i).starts_with("[:") && pattern.find(":]", i) != pattern.npos) {
      const auto end = pattern.find(":]", i) + 2;
      result += pattern.substr(i + 1, end - i - 1);
      i = end - 1;
    } else if (c == ']') {
      in_class = false;
    }
  }
  return result;
}

struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct FreeStack {
  void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
};

template <typename Pointer>
Pointer checked(Pointer pointer) {
  if (!pointer) throw std::bad_alloc();
  return pointer;
}

}  // namespace

void Regex::FreeCode::operator()(pcre2_real_code_8* code) const {
  pcre2_code_free(code);
}

Regex::Regex(std::string_view pattern, std::string where) : where_(std::move(where)) {
  if (pattern.size() > kMaxPatternBytes) {
    throw Error(ErrorCode::CorruptFile, where_ + " has " + std::to_string(pattern.size()) + " bytes, more than the " +
                                            std::to_string(kMaxPatternBytes) + " that a pattern can have.");
  }
  const std::string translated = with_spaces_written_out(pattern);
  // Anchored: find_all() tries each place by itself, since PCRE2 counts its steps from each place anew.
  constexpr std::uint32_t options =
      PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(), options, &error,
                             &offset, nullptr);
  if (!code) {
    std::array<PCRE2_UCHAR, 200> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    throw Error(ErrorCode::CorruptFile,
                where_ + " is not a regular expression: " + reinterpret_cast<const char*>(message.data()) + ", found " +
                    in_quotes(pattern, 200) + ".");
  }
  code_.reset(code);
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where the processor has none, it is interpreted
}

namespace {

// Tries a pattern at one place of a text after another, with what one thread needs for it.
class Search {
 public:
  Search(const pcre2_code* code, std::string_view text, const SearchTime& time)
      : code_(code),
        text_(text),
        match_(checked(pcre2_match_data_create_from_pattern(code, nullptr))),
        context_(checked(pcre2_match_context_create(nullptr))),
        time_(time),
        // PCRE2 can be stopped by a number of steps only, and one step may scan the whole text. So a place first gets
        // few steps, the fewer the longer the text, and twice as many as long as there is time.
        first_steps_(std::clamp<std::uint64_t>(2'000'000'000 / (text.size() + 1), 1000, 100'000)) {
    pcre2_set_heap_limit(context_.get(), kHeapKibibytes);
  }

  /// PCRE2's answer for the place.
  int match_at(std::size_t place) {
    for (std::uint64_t steps = first_steps_; !time_.is_over();) {
      pcre2_set_match_limit(context_.get(), static_cast<std::uint32_t>(std::min<std::uint64_t>(steps, UINT32_MAX)));
      const int found = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text_.data()), text_.size(), place,
                                    PCRE2_NO_UTF_CHECK, match_.get(), context_.get());
      if (found == PCRE2_ERROR_JIT_STACKLIMIT && !stack_) {
        stack_.reset(checked(pcre2_jit_stack_create(std::size_t{32} << 10, kStackBytes, nullptr)));
        pcre2_jit_stack_assign(context_.get(), nullptr, stack_.get());
      } else if (found == PCRE2_ERROR_MATCHLIMIT) {
        steps *= 2;
      } else {
        return found;
      }
    }
    return PCRE2_ERROR_MATCHLIMIT;
  }
  TextRange range() const {
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(match_.get());
    return {range[0], range[1]};
  }

 private:
  const pcre2_code* code_;
  std::string_view text_;
  std::unique_ptr<pcre2_match_data, FreeMatch> match_;
  std::unique_ptr<pcre2_match_context, FreeContext> context_;
  std::unique_ptr<pcre2_jit_stack, FreeStack> stack_;  // made when the 32 KiB that every match has are too few
  const SearchTime& time_;
  std::uint64_t first_steps_;
};

}  // namespace

std::vector<TextRange> Regex::find_all(std::string_view text, const SearchTime& time) const {
  Search search(code_.get(), text, time);
  std::vector<TextRange> matches;
  for (std::size_t at = 0; at <= text.size();) {
    const int found = search.match_at(at);
    const TextRange range = found >= 0 ? search.range() : TextRange{at, at};
    // A match that says it begins elsewhere (\K) would never end the search.
    if ((found < 0 && found != PCRE2_ERROR_NOMATCH) || range.begin != at || range.end < at) {
      throw Error(ErrorCode::CorruptFile, where_ + " takes too many steps on a text of " + std::to_string(text.size()) +
                                              " bytes; it is not the pattern of a sound tokenizer.");
    }
    const bool is_empty = range.end == at;
    // An empty match right behind another one is none, as in the reference.
    const bool counts = found >= 0 && !(is_empty && !matches.empty() && matches.back().end == at);
    if (counts) matches.push_back(range);
    if (is_empty) {
      at += at < text.size() ? next_utf8(text.substr(at)).bytes : 1;
    } else {
      at = range.end;
    }
  }
  return matches;
}

}  // namespace engine
