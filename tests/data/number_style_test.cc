#include "rift/data/number_style.h"

#include <gtest/gtest.h>

#include "support/failure.h"

namespace rift::data {
namespace {

using State = NumberCell::State;

NumberShape shape_of(const std::vector<std::string_view>& cells) {
  NumberShape shape;
  for (const std::string_view cell : cells) shape.see(cell);
  return shape;
}

TEST(NumberStyle, DecimalCommasWithAnySeparatorOfThousands) {
  const auto value = [](std::string_view text) { return parse_number(text, NumberStyle::kDecimalComma).value; };
  EXPECT_EQ(value("3,14"), 3.14);
  EXPECT_EQ(value("-1.234.567,5"), -1234567.5);
  EXPECT_EQ(value("1 234,5"), 1234.5);
  EXPECT_EQ(value("1\u00a0234,5"), 1234.5);
  EXPECT_EQ(value(" +12 "), 12.0);
  EXPECT_EQ(value("12345"), 12345.0);
  EXPECT_EQ(parse_number("NA", NumberStyle::kDecimalComma).state, State::kMissing);
}

TEST(NumberStyle, CommasOfThousands) {
  const auto value = [](std::string_view text) { return parse_number(text, NumberStyle::kThousandsComma).value; };
  EXPECT_EQ(value("1,234.5"), 1234.5);
  EXPECT_EQ(value("-12,345,678"), -12345678.0);
  EXPECT_EQ(value("0.5"), 0.5);
}

TEST(NumberStyle, ANumberOfAnotherStyleIsNone) {
  for (const std::string_view text : {"1234.5", "1,2,3", "1.23,4", "12.345.6", ",5", "3,", "1,5 EUR", "1e5", "-"}) {
    EXPECT_EQ(parse_number(text, NumberStyle::kDecimalComma).state, State::kNotNumber) << text;
  }
  for (const std::string_view text : {"3,14", "1234,567", "1,23", "1,234.", "1,234,5", "1.234,5"}) {
    EXPECT_EQ(parse_number(text, NumberStyle::kThousandsComma).state, State::kNotNumber) << text;
  }
}

TEST(NumberShape, AllCellsDecide) {
  EXPECT_EQ(shape_of({"1,234", "950", "0,5"}).style(), NumberStyle::kDecimalComma);
  EXPECT_EQ(shape_of({"1,234", "950", "0.5", "NA", ""}).style(), NumberStyle::kThousandsComma);
  EXPECT_EQ(shape_of({"1,234", "1,234,567"}).style(), NumberStyle::kThousandsComma);
  EXPECT_EQ(shape_of({"1234.5", "3"}).style(), NumberStyle::kPlain) << "no comma";
  EXPECT_EQ(shape_of({"1,5", "2.5"}).style(), NumberStyle::kPlain) << "neither reads both";
  EXPECT_EQ(shape_of({"1,5", "many"}).style(), NumberStyle::kPlain);
}

TEST(NumberShape, OneThousandOrOneIsNotGuessed) {
  const NumberShape shape = shape_of({"1,234", "12", "999,000"});
  EXPECT_TRUE(shape.ambiguous());
  EXPECT_EQ(shape.style(), NumberStyle::kPlain);
}

TEST(NumberStyle, SignsOfPerCent) {
  EXPECT_EQ(parse_number(" 12.33% ", NumberStyle::kPercent).value, 12.33);
  EXPECT_EQ(parse_number("-0.5 %", NumberStyle::kPercent).value, -0.5);
  EXPECT_EQ(parse_number("12,5%", NumberStyle::kPercentDecimalComma).value, 12.5);
  EXPECT_EQ(parse_number("N/A", NumberStyle::kPercent).state, State::kMissing);
  for (const std::string_view text : {"12.33", "%", "12,5%", "12%%", "%12", "nan%", "inf%"})
    EXPECT_EQ(parse_number(text, NumberStyle::kPercent).state, State::kNotNumber) << text;
  EXPECT_EQ(shape_of({"12.5%", "3 %", "NA"}).style(), NumberStyle::kPercent);
  EXPECT_EQ(shape_of({"12,5%", "3%"}).style(), NumberStyle::kPercentDecimalComma);
  EXPECT_EQ(shape_of({"12.5%", "0.125"}).style(), NumberStyle::kPlain) << "a share of one or of a hundred";
  EXPECT_EQ(shape_of({"0.125", "12.5%"}).style(), NumberStyle::kPlain);
  EXPECT_EQ(shape_of({"12,5", "12,5%"}).style(), NumberStyle::kPlain);
  EXPECT_TRUE(shape_of({"12,345%", "1%"}).ambiguous());
}

TEST(NumberStyle, NamesReadBack) {
  for (const auto style : {NumberStyle::kPlain, NumberStyle::kDecimalComma, NumberStyle::kThousandsComma,
                           NumberStyle::kPercent, NumberStyle::kPercentDecimalComma})
    EXPECT_EQ(number_style_from_name(number_style_name(style)), style);
  EXPECT_FALSE(test::message_of(Code::kArtefact, [] { number_style_from_name("roman"); }).empty());
}

}  // namespace
}  // namespace rift::data
