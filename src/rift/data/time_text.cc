#include "rift/data/time_text.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <chrono>
#include <string>

#include "rift/base/error.h"
#include "rift/data/table.h"

namespace rift::data {

namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes pieces off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool at_end() const { return rest_.empty(); }
  bool literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool number(size_t min_digits, size_t max_digits, int& value) {
    size_t digits = 0;
    value = 0;
    while (digits < rest_.size() && digits < max_digits && is_digit(rest_[digits])) {
      value = value * 10 + (rest_[digits] - '0');
      ++digits;
    }
    if (digits < min_digits || (digits < rest_.size() && is_digit(rest_[digits]))) return false;
    rest_.remove_prefix(digits);
    return true;
  }
  bool month_name(int& month) {
    static constexpr std::array<std::string_view, 12> kNames = {"january",   "february", "march",    "april",
                                                                "may",       "june",     "july",     "august",
                                                                "september", "october",  "november", "december"};
    size_t letters = 0;
    std::string lower;
    while (letters < rest_.size() && std::isalpha(static_cast<unsigned char>(rest_[letters])) != 0 && letters < 10) {
      lower.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(rest_[letters]))));
      ++letters;
    }
    for (size_t i = 0; i < kNames.size(); ++i) {
      if (lower == kNames[i] || (lower.size() == 3 && kNames[i].starts_with(lower))) {
        month = static_cast<int>(i) + 1;
        rest_.remove_prefix(letters);
        return true;
      }
    }
    return false;
  }
  /// Fraction digits as microseconds; digits beyond the sixth are dropped.
  int64_t fraction() {
    int64_t micros = 0;
    int64_t place = 100'000;
    while (!rest_.empty() && is_digit(rest_.front())) {
      micros += place * (rest_.front() - '0');
      place /= 10;
      rest_.remove_prefix(1);
    }
    return micros;
  }

 private:
  std::string_view rest_;
};

std::optional<int64_t> day_micros(int year, int month, int day) {
  if (year < 1000 || month < 1 || month > 12 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay;
}

/// The day at the front of a text; the month alone (day 1) must be all of it.
struct Day {
  int64_t micros = 0;
  bool month_only = false;
};

std::optional<Day> with_day(int year, int month, int day) {
  if (const auto micros = day_micros(year, month, day)) return Day{.micros = *micros};
  return std::nullopt;
}

std::optional<Day> month_alone(int year, int month) {
  if (const auto micros = day_micros(year, month, 1)) return Day{.micros = *micros, .month_only = true};
  return std::nullopt;
}

std::optional<Day> year_first(Cursor& cursor) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!cursor.number(4, 4, year)) return std::nullopt;
  if (cursor.literal("年")) {
    if (!cursor.number(1, 2, month) || !cursor.literal("月")) return std::nullopt;
    if (cursor.at_end()) return month_alone(year, month);
    if (!cursor.number(1, 2, day) || !cursor.literal("日")) return std::nullopt;
    return with_day(year, month, day);
  }
  const bool slash = cursor.literal("/");
  if (!slash && !cursor.literal("-")) return std::nullopt;
  if (!cursor.number(slash ? 1 : 2, 2, month)) return std::nullopt;
  if (cursor.at_end()) return month_alone(year, month);
  if (!cursor.literal(slash ? "/" : "-") || !cursor.number(slash ? 1 : 2, 2, day)) return std::nullopt;
  return with_day(year, month, day);
}

std::optional<Day> month_name_first(Cursor& cursor) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!cursor.month_name(month)) return std::nullopt;
  if (!cursor.literal("-") && !cursor.literal(" ")) return std::nullopt;
  Cursor ahead = cursor;
  if (ahead.number(4, 4, year)) {
    cursor = ahead;
    return cursor.at_end() ? month_alone(year, month) : std::nullopt;
  }
  if (!cursor.number(1, 2, day) || !cursor.literal(", ") || !cursor.number(4, 4, year)) return std::nullopt;
  return with_day(year, month, day);
}

std::optional<Day> two_digits_first(Cursor& cursor, DateOrder order) {
  int first = 0;
  int second = 0;
  int year = 0;
  if (!cursor.number(1, 2, first)) return std::nullopt;
  if (cursor.literal("/")) {
    if (order == DateOrder::kNone || !cursor.number(1, 2, second) || !cursor.literal("/") || !cursor.number(4, 4, year))
      return std::nullopt;
    return order == DateOrder::kDayFirst ? with_day(year, second, first) : with_day(year, first, second);
  }
  if (cursor.literal(".")) {
    if (!cursor.number(1, 2, second) || !cursor.literal(".") || !cursor.number(4, 4, year)) return std::nullopt;
    return with_day(year, second, first);
  }
  if (!cursor.literal("-") && !cursor.literal(" ")) return std::nullopt;
  if (!cursor.month_name(second) || !(cursor.literal("-") || cursor.literal(" ")) || !cursor.number(4, 4, year))
    return std::nullopt;
  return with_day(year, second, first);
}

/// "13:45", "13:45:30.25", with "Z" or "+hh[:mm]" behind; nothing may follow.
std::optional<int64_t> time_of_day(Cursor cursor) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int64_t micros = 0;
  if (!cursor.number(1, 2, hour) || !cursor.literal(":") || !cursor.number(2, 2, minute)) return std::nullopt;
  if (cursor.literal(":")) {
    if (!cursor.number(2, 2, second)) return std::nullopt;
    if (cursor.literal(".")) micros = cursor.fraction();
  }
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  micros += (hour * 3600 + minute * 60 + second) * kSecond;
  cursor.literal(" ");
  const bool east = cursor.literal("+");
  if (east || cursor.literal("-")) {
    int zone_hour = 0;
    int zone_minute = 0;
    if (!cursor.number(2, 2, zone_hour)) return std::nullopt;
    if (cursor.literal(":") && !cursor.number(2, 2, zone_minute)) return std::nullopt;
    micros -= (east ? 1 : -1) * (zone_hour * 3600 + zone_minute * 60) * kSecond;
  } else if (!cursor.literal("Z")) {
    cursor.literal("UTC");
  }
  return cursor.at_end() ? std::optional(micros) : std::nullopt;
}

}  // namespace

std::string_view date_order_name(DateOrder order) {
  return order == DateOrder::kDayFirst ? "day_first" : order == DateOrder::kMonthFirst ? "month_first" : "";
}

DateOrder date_order_from_name(std::string_view name) {
  for (const DateOrder order : {DateOrder::kNone, DateOrder::kDayFirst, DateOrder::kMonthFirst}) {
    if (date_order_name(order) == name) return order;
  }
  RIFT_FAIL(Code::kArtefact, "date_order: expected day_first or month_first, got '{}'", shorten(name));
}

std::optional<int64_t> parse_date_text(std::string_view text, DateOrder order) {
  if (text.size() < 7 || text.size() > 40) return std::nullopt;
  Cursor cursor(text);
  std::optional<Day> day;
  if (is_digit(text[0]) && is_digit(text[1]) && is_digit(text[2])) {
    day = year_first(cursor);
  } else if (is_digit(text[0])) {
    day = two_digits_first(cursor, order);
  } else {
    day = month_name_first(cursor);
  }
  if (!day || cursor.at_end()) return day ? std::optional(day->micros) : std::nullopt;
  if (day->month_only || !(cursor.literal("T") || cursor.literal(" "))) return std::nullopt;
  const auto time = time_of_day(cursor);
  return time ? std::optional(day->micros + *time) : std::nullopt;
}

void DateShape::see(std::string_view cell) {
  if (!day_first_ && !month_first_) return;
  seen_ = true;
  const auto day_first = parse_date_text(cell, DateOrder::kDayFirst);
  const auto month_first = parse_date_text(cell, DateOrder::kMonthFirst);
  day_first_ = day_first_ && day_first.has_value();
  month_first_ = month_first_ && month_first.has_value();
  differs_ = differs_ || day_first != month_first;
  slashes_ = slashes_ || cell.find('/') < 3;
}

DateOrder DateShape::order() const {
  if (!slashes_) return DateOrder::kNone;
  return month_first_ ? DateOrder::kMonthFirst : DateOrder::kDayFirst;
}

std::optional<int64_t> parse_time(std::string_view text) {
  if (text.size() != 10 && (text.size() < 19 || text[10] != ' ')) return std::nullopt;
  Cursor cursor(text);
  int year = 0;
  int month = 0;
  int day = 0;
  if (!cursor.number(4, 4, year) || !cursor.literal("-") || !cursor.number(2, 2, month) || !cursor.literal("-") ||
      !cursor.number(2, 2, day))
    return std::nullopt;
  const auto date = day_micros(year, month, day);
  if (!date || cursor.at_end()) return date;
  if (text.size() > 26 || text.find_first_of("Z+UTC") != std::string_view::npos || text.find('-', 8) < text.size())
    return std::nullopt;
  cursor.literal(" ");
  const auto time = time_of_day(cursor);
  return time ? std::optional(*date + *time) : std::nullopt;
}

std::string format_time(int64_t micros) {
  const std::chrono::sys_time<std::chrono::microseconds> point{std::chrono::microseconds(micros)};
  const auto midnight = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date{midnight};
  std::string text = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  const int64_t rest = (point - midnight).count();
  if (rest == 0) return text;
  const int64_t seconds = rest / kSecond;
  text += fmt::format(" {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (rest % kSecond != 0) text += fmt::format(".{:06}", rest % kSecond);
  return text;
}

}  // namespace rift::data
