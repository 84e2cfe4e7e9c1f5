#include "rift/base/enum_names.h"

#include <gmock/gmock.h>

#include <array>

#include "support/failure.h"

namespace rift {
namespace {

enum class Colour { kRed, kDarkBlue, kForgotten };
constexpr auto enum_names(Colour) {
  return std::to_array<EnumName<Colour>>({{Colour::kRed, "red"}, {Colour::kDarkBlue, "dark-blue"}});
}

TEST(EnumNames, EachValueHasItsNameAndBack) {
  EXPECT_EQ(name_of(Colour::kDarkBlue), "dark-blue");
  EXPECT_EQ(value_named<Colour>("dark-blue"), Colour::kDarkBlue);
  EXPECT_EQ(value_named<Colour>("dark"), std::nullopt);
  EXPECT_EQ(value_named<Colour>("Red"), std::nullopt);
  EXPECT_THAT(names_of<Colour>(), testing::ElementsAre("red", "dark-blue"));
}

TEST(EnumNames, AValueThatWasForgottenIsOurFault) {
  EXPECT_NE(test::message_of(Code::kBug, [] { name_of(Colour::kForgotten); }), "");
}

}  // namespace
}  // namespace rift
