#include "rift/data/cells.h"

#include <gtest/gtest.h>

namespace rift::data {
namespace {

using State = NumberCell::State;

TEST(Cells, NumbersAreReadWholeOrNotAtAll) {
  struct Case {
    const char* text;
    State state;
    double value;
  };
  const Case cases[] = {{"1", State::kNumber, 1},           {" -2.5 ", State::kNumber, -2.5},
                        {"+3e2", State::kNumber, 300},      {".5", State::kNumber, 0.5},
                        {"1e-400", State::kNumber, 0},      {"true", State::kTruth, 1},
                        {"FALSE", State::kTruth, 0},        {"", State::kMissing, 0},
                        {"NA", State::kMissing, 0},         {"nan", State::kMissing, 0},
                        {"-NaN", State::kMissing, 0},       {"#N/A", State::kMissing, 0},
                        {"None", State::kMissing, 0},       {"?", State::kMissing, 0},
                        {".", State::kMissing, 0},          {"inf", State::kInfinite, 0},
                        {"-Infinity", State::kInfinite, 0}, {"1e400", State::kInfinite, 0},
                        {"10.65%", State::kNotNumber, 0},   {" 36 months", State::kNotNumber, 0},
                        {"1,000", State::kNotNumber, 0},    {"1 000", State::kNotNumber, 0},
                        {"0x10", State::kNotNumber, 0},     {"+-1", State::kNotNumber, 0},
                        {"--1", State::kNotNumber, 0},      {"1e", State::kNotNumber, 0},
                        {"nano", State::kNotNumber, 0}};
  for (const Case& one : cases) {
    const NumberCell cell = parse_number(one.text);
    EXPECT_EQ(cell.state, one.state) << one.text;
    EXPECT_EQ(cell.value, one.value) << one.text;
  }
}

TEST(Cells, LabelsOfWholeNumbersLoseTheirFraction) {
  EXPECT_EQ(label_text(" 1.0 "), "1");
  EXPECT_EQ(label_text("-1.00"), "-1");
  EXPECT_EQ(label_text("1.5"), "1.5");
  EXPECT_EQ(label_text("01"), "01");
  EXPECT_EQ(label_text("v1.0"), "v1.0");
  EXPECT_EQ(label_text("1."), "1.");
  EXPECT_EQ(label_text(".0"), ".0");
  EXPECT_EQ(label_text("-.0"), "-.0");
}

}  // namespace
}  // namespace rift::data
