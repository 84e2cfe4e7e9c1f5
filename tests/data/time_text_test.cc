#include "rift/data/time_text.h"

#include <gtest/gtest.h>

#include "rift/data/table.h"

namespace rift::data {
namespace {

std::string read(std::string_view text, DateOrder order = DateOrder::kNone) {
  const auto time = parse_date_text(text, order);
  return time ? format_time(*time) : "none";
}

TEST(TimeText, ReadsTheShapesThatPeopleAndSystemsWrite) {
  for (const auto* text : {"2011-07-01", "2011/07/01", "2011/7/1", "2011-07", "01.07.2011", "1.7.2011", "1-Jul-2011",
                           "01 July 2011", "Jul-2011", "July 2011", "July 1, 2011", "jul 01, 2011", "2011年7月1日",
                           "2011年7月", "2011-07-01T00:00:00Z", "2011-07-01 02:00+02:00"})
    EXPECT_EQ(read(text), "2011-07-01") << text;
  EXPECT_EQ(read("2011-07-01T13:45:30.25"), "2011-07-01 13:45:30.250000");
  EXPECT_EQ(read("01.07.2011 9:05"), "2011-07-01 09:05:00");
  EXPECT_EQ(read("2011-07-01 23:30:00 -01"), "2011-07-02 00:30:00");
  EXPECT_EQ(read("2000-02-29"), "2000-02-29");
}

TEST(TimeText, RefusesWhatIsNoDate) {
  for (const auto* text :
       {"",           "2011",          "20110701",   "2011-13-01",  "2011-02-29",       "1900-02-29",    "2011-7-1",
        "31.04.2011", "0999-01-01",    "Jul-11",     "2011-07-01x", "2011-07-01 25:00", "2011-07-01 10", "July",
        "Foo-2011",   "2011-07 10:00", "07/01/2011", "1-1-2011",    "2011-07-01T",      "12345.6789",    "A1-2011"})
    EXPECT_EQ(read(text), "none") << text;
}

TEST(TimeText, SlashesGoByTheirOrder) {
  EXPECT_EQ(read("07/01/2011", DateOrder::kMonthFirst), "2011-07-01");
  EXPECT_EQ(read("07/01/2011", DateOrder::kDayFirst), "2011-01-07");
  EXPECT_EQ(read("13/01/2011", DateOrder::kMonthFirst), "none");
}

TEST(TimeText, AColumnTellsItsOrderOrThatItCannot) {
  DateShape told;
  for (const auto* cell : {"01/02/2011", "13/02/2011"}) told.see(cell);
  EXPECT_TRUE(told.all_dates());
  EXPECT_FALSE(told.ambiguous());
  EXPECT_EQ(told.order(), DateOrder::kDayFirst);
  DateShape open;
  for (const auto* cell : {"01/02/2011", "03/02/2011"}) open.see(cell);
  EXPECT_TRUE(open.ambiguous());
  DateShape same;
  for (const auto* cell : {"02/02/2011", "03/03/2011"}) same.see(cell);
  EXPECT_FALSE(same.ambiguous());
  DateShape mixed;
  for (const auto* cell : {"01/13/2011", "13/01/2011"}) mixed.see(cell);
  EXPECT_FALSE(mixed.all_dates());
  EXPECT_FALSE(DateShape().all_dates());
}

TEST(TimeText, ParseTimeTakesItsTwoShapesOnly) {
  EXPECT_EQ(parse_time("1970-01-02"), 86'400'000'000);
  EXPECT_EQ(parse_time("1969-12-31 23:59:59"), -1'000'000);
  EXPECT_EQ(parse_time("2011-07-01 00:00:00.5"), *parse_time("2011-07-01") + 500'000);
  for (const auto* text : {"2011-07-01T00:00:00", "2011-07", "01.07.2011", "2011-07-01 00:00:00Z",
                           "2011-07-01 00:00:00+01", "2011-07-01 00:00", "2011-7-1", "2011-07-01 00:00:00-01"})
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(TimeText, FormatTimeIsReadBackByParseTime) {
  for (const int64_t micros : {int64_t{0}, int64_t{-1}, int64_t{-86'400'000'000}, int64_t{1'234'567'890'123'456},
                               *parse_time("2011-07-01 13:45:00"), *parse_time("1000-01-01")})
    EXPECT_EQ(parse_time(format_time(micros)), micros);
  EXPECT_EQ(format_time(*parse_time("2011-07-01 13:45:00")), "2011-07-01 13:45:00");
}

}  // namespace
}  // namespace rift::data
