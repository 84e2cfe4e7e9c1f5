#include "rift/base/json_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rift {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Json settings(double lr, const std::string& digest) {
  return Json{{"optim", Json{{"lr", lr}, {"epochs", 3.0}}}, {"rows", Json{{"training", digest}}}};
}

TEST(JsonDifference, NamesThePathAndBothValues) {
  EXPECT_THAT(differences(settings(0.001, "a"), settings(0.002, "a")), ElementsAre("optim.lr: 0.001 then, 0.002 now"));
  EXPECT_THAT(differences(settings(0.001, "a"), settings(0.001, "a")), IsEmpty());
}

TEST(JsonDifference, OfADigestItSaysOnlyThatItChanged) {
  EXPECT_THAT(differences(settings(1, std::string(64, 'a')), settings(1, std::string(64, 'b'))),
              ElementsAre("rows.training: changed"));
}

TEST(JsonDifference, MembersOfOneSideAreNamedAsSuch) {
  const Json then = {{"a", 1}, {"b", Json{{"c", 2}}}}, now = {{"b", Json::object()}, {"d", 4}};
  EXPECT_THAT(differences(then, now), ElementsAre("a: not there now", "b.c: not there now", "d: not there then"));
}

TEST(JsonDifference, ValuesOfOtherKindsDiffer) {
  EXPECT_THAT(differences(Json("a digest"), Json{{"a", 1}}),
              ElementsAre(R"(everything: "a digest" then, {"a":1} now)"));
  EXPECT_THAT(differences(Json{{"a", 1}}, Json{{"a", 1.0}}), ElementsAre("a: 1 then, 1.0 now"));
}

TEST(JsonDifference, ALongListIsCutShort) {
  Json then = Json::object(), now = Json::object();
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g"}) {
    then[key] = 1;
    now[key] = 2;
  }
  EXPECT_THAT(differences_text(then, now), testing::EndsWith("e: 1 then, 2 now; and 2 more"));
}

}  // namespace
}  // namespace rift
