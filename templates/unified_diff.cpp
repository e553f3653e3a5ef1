#include "templates/unified_diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace templates {

namespace {

constexpr std::size_t kContext = 3;
constexpr std::size_t kMaxTable = std::size_t{1} << 20;  // cells of the table of common lines

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, std::min(end + 1, text.size())));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

// One line of the result: kept ' ', taken away '-' or added '+'.
struct Edit {
  char sign;
  std::string_view line;
};

// The edits that turn `before` into `after`, by their longest common subsequence.
std::vector<Edit> edits_of(const std::vector<std::string_view>& before, const std::vector<std::string_view>& after) {
  std::size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head]) ++head;
  std::size_t tail = 0;
  while (tail < before.size() - head && tail < after.size() - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  const std::size_t rows = before.size() - head - tail, columns = after.size() - head - tail;

  std::vector<Edit> edits;
  for (std::size_t i = 0; i < head; ++i) edits.push_back({' ', before[i]});
  // longest[r][c]: of the lines from r and c on.
  const bool compare = rows != 0 && columns != 0 && (rows + 1) <= kMaxTable / (columns + 1);
  std::vector<std::uint32_t> longest(compare ? (rows + 1) * (columns + 1) : 0);
  const auto cell = [&](std::size_t r, std::size_t c) -> std::uint32_t& { return longest[r * (columns + 1) + c]; };
  for (std::size_t r = compare ? rows : 0; r-- > 0;) {
    for (std::size_t c = columns; c-- > 0;) {
      cell(r, c) =
          before[head + r] == after[head + c] ? cell(r + 1, c + 1) + 1 : std::max(cell(r + 1, c), cell(r, c + 1));
    }
  }
  std::size_t r = 0, c = 0;
  while (r < rows || c < columns) {
    if (compare && r < rows && c < columns && before[head + r] == after[head + c]) {
      edits.push_back({' ', before[head + r]});
      ++r, ++c;
    } else if (r < rows && (c == columns || !compare || cell(r + 1, c) >= cell(r, c + 1))) {
      edits.push_back({'-', before[head + r++]});
    } else {
      edits.push_back({'+', after[head + c++]});
    }
  }
  for (std::size_t i = before.size() - tail; i < before.size(); ++i) edits.push_back({' ', before[i]});
  return edits;
}

// "start,count" of a hunk; a hunk without lines names the line before it.
std::string range(std::size_t lines_before, std::size_t count) {
  return std::to_string(count == 0 ? lines_before : lines_before + 1) + (count == 1 ? "" : "," + std::to_string(count));
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after, std::string_view before_name,
                         std::string_view after_name) {
  if (before == after) return {};
  const std::vector<Edit> edits = edits_of(lines_of(before), lines_of(after));
  std::string out = "--- " + std::string(before_name) + "\n+++ " + std::string(after_name) + "\n";
  std::size_t old_line = 0, new_line = 0;  // lines passed
  for (std::size_t i = 0; i < edits.size();) {
    // The next change; the hunk reaches on until more than twice the context is unchanged.
    std::size_t first = i;
    while (first < edits.size() && edits[first].sign == ' ') ++first;
    if (first == edits.size()) break;
    std::size_t end = first, last = first;
    while (end < edits.size() && end - last <= 2 * kContext + 1) {
      if (edits[end].sign != ' ') last = end;
      ++end;
    }
    end = std::min(last + 1 + kContext, edits.size());
    const std::size_t begin = first - std::min(kContext, first - i);
    old_line += begin - i;
    new_line += begin - i;
    std::size_t old_count = 0, new_count = 0;
    std::string lines;
    for (std::size_t j = begin; j < end; ++j) {
      if (edits[j].sign != '+') ++old_count;
      if (edits[j].sign != '-') ++new_count;
      lines += edits[j].sign;
      lines += edits[j].line;
      if (!edits[j].line.ends_with('\n')) lines += "\n\\ No newline at end of file\n";
    }
    out += "@@ -" + range(old_line, old_count) + " +" + range(new_line, new_count) + " @@\n" + lines;
    old_line += old_count;
    new_line += new_count;
    i = end;
  }
  return out;
}

}  // namespace templates
