#include "templates/text_operations.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "templates/characters.h"
#include "templates/escape.h"
#include "templates/operators.h"
#include "templates/undefined.h"

namespace templates {

std::size_t find_text(std::string_view text, std::string_view part, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  // A first byte that is rare, as that of a tag, is found faster than the whole.
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    from = text.find(part.front(), from);
    if (from == std::string_view::npos || text.substr(from, part.size()) == part) return from;
    ++from;
  }
  // memmem is linear also where the part nearly matches everywhere.
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t find_last_text(std::string_view text, std::string_view part, std::size_t until) {
  if (part.size() > text.size()) return std::string_view::npos;
  until = std::min(until, text.size() - part.size());
  constexpr std::size_t kShort = 16;
  if (part.size() <= kShort) return text.rfind(part, until);
  // Knuth, Morris and Pratt, read backwards.
  const std::size_t length = part.size();
  const auto part_at = [&](std::size_t i) { return part[length - 1 - i]; };
  std::vector<std::size_t> border(length, 0);
  for (std::size_t i = 1, k = 0; i < length; ++i) {
    while (k > 0 && part_at(i) != part_at(k)) k = border[k - 1];
    if (part_at(i) == part_at(k)) ++k;
    border[i] = k;
  }
  std::size_t matched = 0;
  for (std::size_t i = until + length; i-- > 0;) {
    while (matched > 0 && text[i] != part_at(matched)) matched = border[matched - 1];
    if (text[i] == part_at(matched)) ++matched;
    if (matched == length) return i;
  }
  return std::string_view::npos;
}

namespace {

std::string changed(std::string_view text, std::size_t at, char32_t code, Letters to, bool& inside_word) {
  constexpr char32_t kSigma = 0x3A3;
  Case wanted = Case::Upper;
  switch (to) {
    case Letters::Upper:
      break;
    case Letters::Lower:
      wanted = Case::Lower;
      break;
    case Letters::Fold:
      wanted = Case::Fold;
      break;
    case Letters::Swap:
      wanted = is_upper(code) || is_title(code) ? Case::Lower : is_lower(code) ? Case::Upper : Case::Fold;
      break;
    case Letters::Title:
    case Letters::Capitalize:
      wanted = inside_word ? Case::Lower : Case::Title;
      break;
  }
  if (to == Letters::Swap && wanted == Case::Fold) {  // has no case
    std::string same;
    append_utf8(same, code);
    return same;
  }
  if (wanted == Case::Lower && code == kSigma && is_final_sigma(text, at)) return "\xCF\x82";
  return change_case(code, wanted);
}

}  // namespace

void append_letters(TextBuilder& out, const MarkedText& marked, std::size_t begin, std::size_t end, Letters to) {
  const std::string_view text = std::string_view(marked.text()).substr(0, end);
  bool inside_word = false;
  for (std::size_t at = begin; at < end;) {
    const Character character = character_at(text, at);
    if (character.bytes == 1 && character.code == 0xFFFD) {  // not UTF-8
      out.append(marked, at, at + 1);
      ++at;
      continue;
    }
    out.append(changed(text.substr(begin), at - begin, character.code, to, inside_word), marked.from_template_at(at));
    inside_word =
        to == Letters::Capitalize || (is_upper(character.code) || is_lower(character.code) || is_title(character.code));
    at += character.bytes;
  }
}

Value change_letters(Run& run, const Value& text, Letters to) {
  const StringData& data = text.string_data();
  const MarkedText& marked = data.text;
  run.budget.work_on_bytes(marked.size());
  const bool plain = to == Letters::Upper || to == Letters::Lower || to == Letters::Fold;
  if (plain && data.ascii()) {
    const char first = to == Letters::Upper ? 'a' : 'A', last = to == Letters::Upper ? 'z' : 'Z';
    const auto changes = [&](char c) { return c >= first && c <= last; };
    if (std::ranges::none_of(marked.text(), changes)) return text;
    run.budget.require(marked.size());
    std::string bytes = marked.text();
    for (char& c : bytes) {
      if (changes(c)) c = static_cast<char>(c ^ 0x20);
    }
    return run.budget.text(marked.with_bytes(std::move(bytes)), data.safe);
  }
  TextBuilder out(run.budget);
  append_letters(out, marked, 0, marked.size(), to);
  return out.take_value(data.safe);
}

std::pair<std::size_t, std::size_t> trimmed_range(std::string_view text, bool left, bool right) {
  std::size_t begin = 0, end = text.size();
  while (left && begin < end) {
    const Character first = character_at(text, begin);
    if (!is_space(first.code)) break;
    begin += first.bytes;
  }
  while (right && end > begin) {
    const std::size_t last = character_before(text, end);
    if (!is_space(character_at(text, last).code)) break;
    end = last;
  }
  return {begin, end};
}

Value strip(Run& run, const Value& text, const Value& set, bool left, bool right) {
  const std::string& bytes = text.text();
  std::size_t begin = 0, end = bytes.size();
  if (set.is_missing() || set.is_none()) {
    std::tie(begin, end) = trimmed_range(bytes, left, right);
  } else {
    const std::string& characters = require_text(run, set, "strip arg must be None or str, not ").text();
    const auto strips = [&](std::size_t at) {
      run.budget.work_on_bytes(characters.size());
      return find_text(characters, std::string_view(bytes).substr(at, character_at(bytes, at).bytes)) != std::string_view::npos;
    };
    while (left && begin < end && strips(begin)) begin += character_at(bytes, begin).bytes;
    while (right && end > begin && strips(character_before(bytes, end))) end = character_before(bytes, end);
  }
  run.budget.work_on_bytes(bytes.size());
  if (begin == 0 && end == bytes.size()) return text;
  return part_of(run, text, begin, end);
}

Value part_of(Run& run, const Value& text, std::size_t begin, std::size_t end) {
  run.budget.work_on_bytes(end - begin);
  run.budget.require(end - begin);
  return run.budget.text(text.marked().slice(begin, end), text.string_data().safe);
}

const Value& require_text(Run& run, const Value& value, std::string_view what) {
  if (value.is_string()) return value;
  refuse_undefined(run, value);
  fail(std::string(what) + std::string(type_name(value)));
}

Value replace(Run& run, const Value& text, const Value& old, const Value& by, std::int64_t count) {
  const MarkedText& marked = text.marked();
  const std::string& bytes = marked.text();
  const bool safe = text.string_data().safe;
  run.budget.work_on_bytes(bytes.size());
  TextBuilder out(run.budget);
  const auto put = [&] {
    if (safe && !by.string_data().safe)
      escape_html(out, by.marked());
    else
      out.append(by.marked());
  };
  std::size_t done = 0;
  if (old.text().empty()) {
    for (std::size_t at = 0; count != 0; --count) {
      put();
      if (at >= bytes.size()) break;
      at += character_at(bytes, at).bytes;
      out.append(marked, done, at);
      done = at;
    }
  } else {
    for (; count != 0; --count) {
      const std::size_t at = find_text(bytes, old.text(), done);
      if (at == std::string_view::npos) break;
      if (out.size() == 0) run.budget.work_on_bytes(old.text().size());
      out.append(marked, done, at);
      put();
      done = at + old.text().size();
    }
    if (done == 0) return text;
  }
  out.append(marked, done, bytes.size());
  return out.take_value(safe);
}

namespace {

struct Piece {
  std::size_t begin, end;
};

void split_at_spaces(Run& run, std::string_view bytes, std::int64_t limit, std::vector<Piece>& out) {
  for (std::size_t at = 0; at < bytes.size();) {
    while (at < bytes.size() && is_space(character_at(bytes, at).code)) at += character_at(bytes, at).bytes;
    if (at >= bytes.size()) return;
    const std::size_t begin = at;
    if (limit == 0) {
      std::size_t end = bytes.size();
      while (end > begin && is_space(character_at(bytes, character_before(bytes, end)).code))
        end = character_before(bytes, end);
      out.push_back({begin, end});
      return;
    }
    while (at < bytes.size() && !is_space(character_at(bytes, at).code)) at += character_at(bytes, at).bytes;
    run.budget.work(1);
    out.push_back({begin, at});
    --limit;
  }
}

void split_at_spaces_from_right(Run& run, std::string_view bytes, std::int64_t limit, std::vector<Piece>& out) {
  const auto space_before = [&](std::size_t at) {
    return is_space(character_at(bytes, character_before(bytes, at)).code);
  };
  for (std::size_t at = bytes.size(); at > 0;) {
    while (at > 0 && space_before(at)) at = character_before(bytes, at);
    if (at == 0) break;
    const std::size_t end = at;
    if (limit == 0) {
      std::size_t begin = 0;
      while (begin < end && is_space(character_at(bytes, begin).code)) begin += character_at(bytes, begin).bytes;
      out.push_back({begin, end});
      break;
    }
    while (at > 0 && !space_before(at)) at = character_before(bytes, at);
    run.budget.work(1);
    out.push_back({at, end});
    --limit;
  }
  std::reverse(out.begin(), out.end());
}

void split_at(Run& run, std::string_view bytes, std::string_view separator, std::int64_t limit,
              std::vector<Piece>& out) {
  std::size_t done = 0;
  for (; limit != 0; --limit) {
    const std::size_t at = find_text(bytes, separator, done);
    if (at == std::string_view::npos) break;
    run.budget.work(1);
    out.push_back({done, at});
    done = at + separator.size();
  }
  out.push_back({done, bytes.size()});
}

void split_at_from_right(Run& run, std::string_view bytes, std::string_view separator, std::int64_t limit,
                         std::vector<Piece>& out) {
  std::size_t end = bytes.size();
  for (; limit != 0 && end >= separator.size(); --limit) {
    const std::size_t at = find_last_text(bytes, separator, end - separator.size());
    if (at == std::string_view::npos) break;
    run.budget.work_on_bytes(separator.size());
    out.push_back({at + separator.size(), end});
    end = at;
  }
  out.push_back({0, end});
  std::reverse(out.begin(), out.end());
}

Value pieces_of(Run& run, const Value& text, const std::vector<Piece>& pieces) {
  run.budget.require(pieces.size() * (sizeof(Value) + sizeof(StringData)));
  std::vector<Value> items;
  items.reserve(pieces.size());
  for (const Piece& piece : pieces) items.push_back(part_of(run, text, piece.begin, piece.end));
  return run.budget.list(std::move(items));
}

}  // namespace

Value split(Run& run, const Value& text, const Value& separator, std::int64_t limit, bool from_right) {
  const std::string_view bytes = text.text();
  run.budget.work_on_bytes(bytes.size());
  std::vector<Piece> pieces;
  if (separator.is_missing() || separator.is_none()) {
    from_right ? split_at_spaces_from_right(run, bytes, limit, pieces) : split_at_spaces(run, bytes, limit, pieces);
  } else {
    require_text(run, separator, "must be str or None, not ");
    if (separator.text().empty()) fail("empty separator");
    from_right ? split_at_from_right(run, bytes, separator.text(), limit, pieces)
               : split_at(run, bytes, separator.text(), limit, pieces);
  }
  return pieces_of(run, text, pieces);
}

Value split_lines(Run& run, const Value& text, bool keep_ends) {
  const std::string_view bytes = text.text();
  run.budget.work_on_bytes(bytes.size());
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t begin = at;
    while (at < bytes.size() && !is_line_break(character_at(bytes, at).code)) at += character_at(bytes, at).bytes;
    const std::size_t end = at;
    if (at < bytes.size()) {
      const bool pair = bytes[at] == '\r' && at + 1 < bytes.size() && bytes[at + 1] == '\n';
      at += pair ? 2 : character_at(bytes, at).bytes;
    }
    run.budget.work(1);
    pieces.push_back({begin, keep_ends ? at : end});
  }
  return pieces_of(run, text, pieces);
}

}  // namespace templates
