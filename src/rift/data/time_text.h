#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rift::data {

/// How a column writes dates with slashes; the other shapes say themselves which number is the day.
enum class DateOrder { kNone, kDayFirst, kMonthFirst };
std::string_view date_order_name(DateOrder order);  // "", "day_first", "month_first"
DateOrder date_order_from_name(std::string_view name);

/// A date or a point of time as people and systems write it -> microseconds since 1970-01-01 UTC:
///   2011-07-01, 2011/07/01, 2011-07, 01.07.2011, 07/01/2011 (by `order`), 1-Jul-2011, Jul-2011, July 1, 2011,
///   2011年7月1日, each but the months alone also with a time of day (13:45[:30[.5]], Z or +hh[:mm]).
/// Years have four digits, 1000 to 9999; month names are English. nullopt for anything else, and for slashes with
/// kNone.
std::optional<int64_t> parse_date_text(std::string_view text, DateOrder order);

/// Watches the cells of a column: are all of them dates, and which order do their slashes have?
class DateShape {
 public:
  void see(std::string_view cell);
  bool all_dates() const { return seen_ && (day_first_ || month_first_); }
  /// The days of both readings exist in every cell and differ in some: it cannot be told which is meant.
  bool ambiguous() const { return day_first_ && month_first_ && differs_; }
  DateOrder order() const;

 private:
  bool seen_ = false;
  bool day_first_ = true;    // every cell is a date when its first number is the day
  bool month_first_ = true;  // the same with the month
  bool differs_ = false;
  bool slashes_ = false;
};

}  // namespace rift::data
