#include "rift/base/json.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "rift/base/json_numbers.h"
#include "support/failure.h"

namespace rift {
namespace {

using test::message_of;
using testing::HasSubstr;
using testing::Not;

std::string refusal(std::string_view text, const JsonLimits& limits = {}) {
  return message_of(Code::kArtefact, [&] { parse_json(text, "x.json", limits); });
}

std::string nested(int levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(JsonRead, KeepsKindsAndOrderOfMembers) {
  const Json json = parse_json(R"({"z": 1, "a": [true, null, "t", 2.5, -3], "m": {}})", "x.json");
  ASSERT_EQ(json.as_object().size(), 3u);
  EXPECT_EQ(json.as_object()[0].key, "z");
  EXPECT_EQ(json.as_object()[1].key, "a");
  EXPECT_EQ(json.at("z").as_int(), 1);
  const Json& list = json.at("a");
  EXPECT_TRUE(list.at(0).as_bool());
  EXPECT_TRUE(list.at(1).is_null());
  EXPECT_EQ(list.at(2).as_string(), "t");
  EXPECT_FALSE(list.at(3).is_integer());
  EXPECT_EQ(list.at(3).as_double(), 2.5);
  EXPECT_EQ(list.at(4).as_int(), -3);
  EXPECT_TRUE(json.at("m").is_object());
}

TEST(JsonRead, EveryValueKnowsItsLine) {
  const Json json =
      parse_json("{\n\"a\": 1,\n\"b\": [\n2\n,\n3, {\"c\":\n4.5}],\n\n\"d\": \"t\", \"e\": true}\n", "x.json");
  EXPECT_EQ(json.line(), 1);
  EXPECT_EQ(json.at("a").line(), 2);
  EXPECT_EQ(json.at("b").line(), 3);
  EXPECT_EQ(json.at("b").at(0).line(), 4);  // a number that is ended by a line break
  EXPECT_EQ(json.at("b").at(1).line(), 6);
  EXPECT_EQ(json.at("b").at(2).line(), 6);
  EXPECT_EQ(json.at("b").at(2).at("c").line(), 7);
  EXPECT_EQ(json.at("d").line(), 9);
  EXPECT_EQ(json.at("e").line(), 9);
  EXPECT_EQ(parse_json("\n\n7", "x.json").line(), 3);
}

TEST(JsonRead, WholeNumbersAreExactToSixtyFourBits) {
  EXPECT_EQ(parse_json("9223372036854775807", "x").as_int(), INT64_MAX);
  EXPECT_EQ(parse_json("-9223372036854775808", "x").as_int(), INT64_MIN);
  EXPECT_EQ(parse_json("9007199254740993", "x").as_int(), 9007199254740993);  // no double holds it
  EXPECT_THAT(refusal("[\n9223372036854775808]"), HasSubstr("line 2: whole number beyond 64 bits"));
  EXPECT_THAT(refusal("-9223372036854775809"), HasSubstr("whole number beyond 64 bits"));
  EXPECT_THAT(refusal("123456789012345678901234567890"), HasSubstr("whole number beyond 64 bits"));
}

TEST(Json, LargeIntegersAreDoublesWhereTheyMayBe) {
  EXPECT_EQ(parse_json_with_large_numbers("1000000000000000019884624838656", "t").as_double(), 1e30);
  EXPECT_EQ(parse_json_with_large_numbers("9223372036854775808", "t").as_double(), 9223372036854775808.0);
  EXPECT_EQ(parse_json_with_large_numbers("9223372036854775807", "t").as_int(), INT64_MAX);
}

TEST(JsonRead, RefusesNumbersBeyondADoubleWithoutShowingThem) {
  const std::string message = refusal("{\"a\":\n1e999\n}");
  EXPECT_THAT(message, HasSubstr("x.json: line 2: number beyond the range of a double"));
  EXPECT_THAT(message, Not(HasSubstr("1e999")));
  refusal("-1e999");
  EXPECT_EQ(parse_json("1e-999", "x").as_double(), 0.0);
}

TEST(JsonRead, RefusesWhatIsNotJson) {
  for (std::string_view text :
       {"",       " ",       "{",         "[1,]", "{\"a\":1,}", "[1 2]", "NaN",     "Infinity",      "-Infinity",
        "nul",    "01",      "+1",        ".5",   "1.",         "0x10",  "'a'",     "{a:1}",         "\"a",
        "\"\t\"", "\"\\x\"", "\"\\u12\"", "[1]]", "{} {}",      "1 1",   "// c\n1", "[1, /* c */ 2]"}) {
    SCOPED_TRACE(text);
    refusal(text);
  }
}

TEST(JsonRead, RefusesTrailingBytesAndNul) {
  EXPECT_THAT(refusal("{}\nx"), HasSubstr("line 2"));
  EXPECT_THAT(refusal(std::string_view("{}\0{}", 5)), HasSubstr("NUL"));
  EXPECT_EQ(parse_json("\"\\u0000\"", "x").as_string(), std::string(1, '\0'));
}

TEST(JsonRead, RefusesInvalidUtf8AndLoneSurrogates) {
  for (std::string_view text : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"",
                                "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"", "\"\\ud800\\u0041\""}) {
    refusal(text);
  }
  EXPECT_EQ(parse_json("\"\\ud83d\\ude00\"", "x").as_string(), "\xF0\x9F\x98\x80");
}

TEST(JsonRead, RefusesDuplicateKeysInSmallAndLargeObjects) {
  EXPECT_THAT(refusal("{\"a\":1,\n\"a\":2}"), HasSubstr("line 2: key 'a' stands twice"));
  EXPECT_THAT(refusal("{\"a\":1,\"\\u0061\":2}"), HasSubstr("key 'a' stands twice"));
  std::string large = "{";
  for (int i = 0; i < 500; ++i) large += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(parse_json(large + "\"x\":0}", "x").size(), 501u);
  EXPECT_THAT(refusal(large + "\"k3\":0}"), HasSubstr("key 'k3' stands twice"));
  EXPECT_THAT(refusal(large + "\"k499\":0}"), HasSubstr("key 'k499' stands twice"));
}

TEST(JsonRead, HoldsItsLimits) {
  const JsonLimits limits{.max_depth = 3, .max_values = 5, .max_bytes = 40};
  EXPECT_NO_THROW(parse_json(nested(3), "x", limits));
  EXPECT_THAT(refusal(nested(4), limits), HasSubstr("nested deeper than 3 levels"));
  EXPECT_NO_THROW(parse_json("[1,2,3,4]", "x", limits));
  EXPECT_THAT(refusal("[1,2,3,4,5]", limits), HasSubstr("more than 5 values"));
  EXPECT_THAT(refusal(std::string(41, ' '), limits), HasSubstr("41 bytes of JSON, at most 40"));
  EXPECT_NO_THROW(parse_json(nested(64), "x"));
  EXPECT_THAT(refusal(nested(1'000'000)), HasSubstr("nested deeper than 64 levels"));  // and no stack is spent on it
}

TEST(JsonRead, MessagesShowNoValue) {
  EXPECT_THAT(refusal("{\"name\": \"Jane Doe\" 5}"), Not(HasSubstr("Jane")));
  EXPECT_THAT(refusal("{\"name\": Jane}"), Not(HasSubstr("Jane")));
}

TEST(JsonWrite, NumbersReadBackToTheSameDouble) {
  for (double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 1e21, 123456789.0, -2.5, 2e-5, 0.0}) {
    const std::string text = to_json_text(Json(value));
    const Json back = parse_json(text, "x");
    EXPECT_FALSE(back.is_integer()) << text;
    EXPECT_EQ(back.as_double(), value) << text;
  }
  EXPECT_EQ(to_json_text(Json(0.1)), "0.1");
  EXPECT_EQ(to_json_text(Json(1.0)), "1.0");
  EXPECT_EQ(to_json_text(Json(-0.0)), "-0.0");
  EXPECT_TRUE(std::signbit(parse_json("-0.0", "x").as_double()));
  EXPECT_EQ(to_json_text(Json(INT64_MIN)), "-9223372036854775808");
}

TEST(JsonWrite, RefusesNanAndInfinity) {
  message_of(Code::kBug, [] { to_json_text(Json(std::nan(""))); });
  message_of(Code::kBug, [] { to_json_text(Json(std::numeric_limits<double>::infinity())); });
  message_of(Code::kBug, [] { to_json_text(Json::Array{Json(-std::numeric_limits<double>::infinity())}); });
}

TEST(JsonWrite, EscapesWhatJsonAsksForAndNothingElse) {
  EXPECT_EQ(to_json_text("a\"b\\c\n\r\t\b\x1f</\xE4\xB8\xAD"), "\"a\\\"b\\\\c\\n\\r\\t\\u0008\\u001f</\xE4\xB8\xAD\"");
  EXPECT_EQ(to_json_text(std::string(1, '\0')), "\"\\u0000\"");
  EXPECT_EQ(to_json_text("a\xff"), "\"a\xEF\xBF\xBD\"");  // the result is JSON whatever the text was
}

TEST(JsonWrite, IndentsObjectsAndKeepsListsOfScalarsOnOneLine) {
  const Json json{
      {"a", Json(Json::Array{1, 2})}, {"b", Json{{"c", nullptr}}}, {"d", Json::array()}, {"e", Json::object()}};
  EXPECT_EQ(to_json_text(json), R"({"a":[1,2],"b":{"c":null},"d":[],"e":{}})");
  EXPECT_EQ(to_json_text(json, 2),
            "{\n  \"a\": [1, 2],\n  \"b\": {\n    \"c\": null\n  },\n  \"d\": [],\n  \"e\": {}\n}");
  EXPECT_EQ(parse_json(to_json_text(json, 2), "x"), json);
}

TEST(Json, TypedReadsNameLineAndKind) {
  const Json json = parse_json("{\n\"a\": \"t\"}", "x.json");
  EXPECT_EQ(message_of(Code::kArtefact, [&] { json.at("a").as_int(); }), "line 2: expected a whole number, got a text");
  EXPECT_THAT(message_of(Code::kArtefact, [&] { json.at("b"); }), HasSubstr("key 'b' is missing"));
  EXPECT_THAT(message_of(Code::kArtefact, [&] { json.as_array(); }), HasSubstr("expected a list, got a mapping"));
  EXPECT_THAT(message_of(Code::kArtefact, [] { Json(1.5).as_int(); }), HasSubstr("expected a whole number"));
  EXPECT_EQ(Json(3).as_double(), 3.0);
  EXPECT_EQ(parse_json("[1, 2.5]", "x").as_doubles(), (std::vector<double>{1.0, 2.5}));
  EXPECT_THAT(message_of(Code::kArtefact, [] { parse_json("[1, null]", "x").as_doubles(); }), HasSubstr("a number"));
}

TEST(Json, EqualityTellsWholeNumbersFromNumbersAndIgnoresLines) {
  EXPECT_EQ(parse_json("\n\n[1]", "x"), parse_json("[1]", "x"));
  EXPECT_FALSE(Json(1) == Json(1.0));
}

TEST(Json, MembersAreInsertedFoundAndErased) {
  Json json;
  json["a"] = Json(1);
  json["b"]["c"] = Json(2);
  json["list"].push_back(Json("x"));
  EXPECT_EQ(to_json_text(json), R"({"a":1,"b":{"c":2},"list":["x"]})");
  EXPECT_TRUE(json.erase("a"));
  EXPECT_FALSE(json.erase("a"));
  EXPECT_EQ(json.find("a"), nullptr);
  EXPECT_EQ(Json(1).find("a"), nullptr);
}

TEST(JsonSetPath, CreatesMappingsOnTheWay) {
  Json root = Json::object();
  set_path(root, "optim.lr", Json(0.1));
  set_path(root, "optim.name", Json("sgd"));
  set_path(root, "seed", Json(3));
  set_path(root, "seed", Json(4));
  EXPECT_EQ(to_json_text(root), R"({"optim":{"lr":0.1,"name":"sgd"},"seed":4})");
}

TEST(JsonSetPath, RefusesToStepThroughAValueAndEmptyNames) {
  Json root{{"seed", 1}};
  EXPECT_THAT(message_of(Code::kConfig, [&] { set_path(root, "seed.x", Json(1)); }), HasSubstr("expected a mapping"));
  for (std::string_view path : {"", ".", "a..b", "a."})
    message_of(Code::kConfig, [&] { set_path(root, path, Json(1)); });
}

}  // namespace
}  // namespace rift
