#include "templates/clock.h"

#include <algorithm>
#include <array>
#include <string>

#include "templates/run.h"

namespace templates {

namespace {

// Days since 1970-01-01; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
std::int64_t days_since_epoch(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

constexpr std::size_t kMaxWidth = 1024;
constexpr std::array<const char*, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday"};
constexpr std::array<const char*, 12> kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                                 "July",    "August",   "September", "October", "November", "December"};

class Clock {
 public:
  explicit Clock(const LocalTime& time)
      : time_(time),
        days_(days_since_epoch(time.year, time.month, time.day)),
        weekday_(static_cast<int>(((days_ + 4) % 7 + 7) % 7)),
        year_day_(static_cast<int>(days_ - days_since_epoch(time.year, 1, 1))) {}

  // False where there is no such directive. `flag` is glibc's: '-' no padding, '_' spaces, '0' zeros, '^' capitals, or
  // 0.
  bool write(char directive, char flag, std::string& out) const {
    const auto number = [&](std::int64_t value, int width, char pad) {
      if (flag == '_') pad = ' ';
      if (flag == '0') pad = '0';
      std::string digits = std::to_string(value);
      if (flag != '-') {
        while (static_cast<int>(digits.size()) < width) digits.insert(digits.begin(), pad);
      }
      out += digits;
    };
    const auto text = [&](std::string_view word) {
      for (const char c : word) out.push_back(flag == '^' && c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c);
    };
    const auto expand = [&](std::string_view directives) {
      for (const char c : directives) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
          write(c, 0, out);
        else
          out.push_back(c);
      }
    };
    const std::string_view day = kDays[static_cast<std::size_t>(weekday_)];
    const std::string_view month = kMonths[static_cast<std::size_t>(time_.month - 1)];
    const int hour = time_.hour % 12 == 0 ? 12 : time_.hour % 12;
    int iso_year = 0, iso_week = 0;
    find_iso_week(iso_year, iso_week);
    switch (directive) {
      case 'a':
        text(day.substr(0, 3));
        return true;
      case 'A':
        text(day);
        return true;
      case 'b':
      case 'h':
        text(month.substr(0, 3));
        return true;
      case 'B':
        text(month);
        return true;
      case 'c':
        expand("a b e H:M:S Y");
        return true;
      case 'C':
        number(time_.year / 100, 2, '0');
        return true;
      case 'd':
        number(time_.day, 2, '0');
        return true;
      case 'D':
      case 'x':
        expand("m/d/y");
        return true;
      case 'e':
        number(time_.day, 2, ' ');
        return true;
      case 'f':
        out += "000000";
        return true;
      case 'F':
        expand("Y-m-d");
        return true;
      case 'g':
        number(iso_year % 100, 2, '0');
        return true;
      case 'G':
        number(iso_year, 4, '0');
        return true;
      case 'H':
        number(time_.hour, 2, '0');
        return true;
      case 'I':
        number(hour, 2, '0');
        return true;
      case 'j':
        number(year_day_ + 1, 3, '0');
        return true;
      case 'k':
        number(time_.hour, 2, ' ');
        return true;
      case 'l':
        number(hour, 2, ' ');
        return true;
      case 'm':
        number(time_.month, 2, '0');
        return true;
      case 'M':
        number(time_.minute, 2, '0');
        return true;
      case 'n':
        out += '\n';
        return true;
      case 'p':
        text(time_.hour < 12 ? "AM" : "PM");
        return true;
      case 'P':
        text(time_.hour < 12 ? "am" : "pm");
        return true;
      case 'r':
        expand("I:M:S p");
        return true;
      case 'R':
        expand("H:M");
        return true;
      case 's':
        number(days_ * 86400 + time_.hour * 3600 + time_.minute * 60 + time_.second, 1, '0');
        return true;
      case 'S':
        number(time_.second, 2, '0');
        return true;
      case 't':
        out += '\t';
        return true;
      case 'T':
      case 'X':
        expand("H:M:S");
        return true;
      case 'u':
        number(weekday_ == 0 ? 7 : weekday_, 1, '0');
        return true;
      case 'U':
        number((year_day_ + 7 - weekday_) / 7, 2, '0');
        return true;
      case 'V':
        number(iso_week, 2, '0');
        return true;
      case 'w':
        number(weekday_, 1, '0');
        return true;
      case 'W':
        number((year_day_ + 7 - (weekday_ + 6) % 7) / 7, 2, '0');
        return true;
      case 'y':
        number(time_.year % 100, 2, '0');
        return true;
      case 'Y':
        number(time_.year, 1, '0');
        return true;
      case 'z':
      case 'Z':
        return true;  // a time without a zone
      case '%':
        out += '%';
        return true;
      default:
        return false;
    }
  }

 private:
  void find_iso_week(int& year, int& week) const {
    const int monday_based = (weekday_ + 6) % 7;
    // The week belongs to the year of its Thursday.
    const std::int64_t thursday = days_ - monday_based + 3;
    year = time_.year;
    if (thursday < days_since_epoch(year, 1, 1)) --year;
    if (thursday >= days_since_epoch(year + 1, 1, 1)) ++year;
    week = static_cast<int>((thursday - days_since_epoch(year, 1, 1)) / 7) + 1;
  }

  const LocalTime& time_;
  std::int64_t days_;
  int weekday_;   // 0 is Sunday
  int year_day_;  // 0 is the first of January
};

}  // namespace

void format_time(TextBuilder& out, const LocalTime& time, const MarkedText& format) {
  const Clock clock(time);
  const std::string& text = format.text();
  std::size_t done = 0;
  for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos;) {
    std::size_t directive = at + 1;
    char flag = 0;
    if (directive < text.size() && std::string_view("-_0^").find(text[directive]) != std::string_view::npos)
      flag = text[directive++];
    std::size_t width = 0;
    for (; directive < text.size() && text[directive] >= '0' && text[directive] <= '9'; ++directive) {
      width = width * 10 + static_cast<std::size_t>(text[directive] - '0');
      if (width > kMaxWidth) fail("strftime_now() is given a field wider than " + std::to_string(kMaxWidth));
    }
    std::string written;
    if (directive >= text.size() || !clock.write(text[directive], flag, written)) {
      at = std::min(directive, text.size());
      continue;
    }
    if (written.size() < width) {
      const bool digits = flag != '_' && !written.empty() && written[0] >= '0' && written[0] <= '9';
      written.insert(0, width - written.size(), digits ? '0' : ' ');
    }
    out.append(format, done, at);
    out.append(written, format.from_template_at(at));
    at = done = directive + 1;
  }
  out.append(format, done, text.size());
}

}  // namespace templates
