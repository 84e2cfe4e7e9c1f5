#include <gmock/gmock.h>

#include <cmath>

#include "rift/base/json.h"
#include "support/failure.h"

namespace rift {
namespace {

using test::message_of;
using testing::HasSubstr;

std::string refusal(std::string_view text) {
  return message_of(Code::kConfig, [&] { parse_yaml(text, "run.yaml"); });
}

std::string as_json(std::string_view text) { return to_json_text(parse_yaml(text, "run.yaml")); }

TEST(YamlRead, ResolvesPlainScalarsByTheCoreSchema) {
  EXPECT_EQ(as_json("[null, ~, Null, NULL, true, True, TRUE, false, False, FALSE]"),
            "[null,null,null,null,true,true,true,false,false,false]");
  EXPECT_EQ(as_json("[0, -1, +12, 0o17, 0x1F, 1.5, -.5, 1., 2e-5, 1E3, +.5]"),
            "[0,-1,12,15,31,1.5,-0.5,1.0,2e-05,1000.0,0.5]");
  EXPECT_EQ(
      as_json("[yes, no, on, off, y, 1_000, 2011-07-01, 12:30, a b, .inf, .nan, 1e, e1, '', -, ., 0x, 0xg, 0x-1]"),
      R"(["yes","no","on","off","y","1_000","2011-07-01","12:30","a b",".inf",".nan","1e","e1","","-",".","0x","0xg","0x-1"])");
}

TEST(YamlRead, QuotedScalarsAreTexts) {
  EXPECT_EQ(as_json("['1', \"true\", 'null', \"\", 'it''s', \"a\\nb\\u4e2d\"]"),
            "[\"1\",\"true\",\"null\",\"\",\"it's\",\"a\\nb\xE4\xB8\xAD\"]");
}

/// Source: YAML 1.2.2, 5.7.
TEST(YamlRead, EveryEscapeIsItsCharacter) {
  const Json read = parse_yaml(R"({k: "\0\a\b\t\n\v\f\r\e\"\/\\\N\_\L\P\x41\xe9\u4e2d\U0001f600", "a\N": 1})", "t");
  EXPECT_EQ(read.at("k").as_string(), std::string("\0\a\b\t\n\v\f\r\x1B\"/\\", 12) +
                                          "\xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9"
                                          "A\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80");
  EXPECT_TRUE(read.contains("a\xC2\x85"));
  EXPECT_TRUE(parse_yaml(to_yaml_text(read), "again") == read);
}

TEST(YamlRead, CodesWithLeadingZerosStayTexts) {
  EXPECT_EQ(as_json("[007, 01234, -01, 00]"), R"(["007","01234","-01","00"])");
}

TEST(YamlRead, KeepsTheSpellingOfScalars) {
  const Json json = parse_yaml("[1.50, True, 1e3, 0x1F, 5, abc, ~]", "run.yaml");
  EXPECT_EQ(json.at(0).written(), "1.50");
  EXPECT_EQ(json.at(1).written(), "True");
  EXPECT_EQ(json.at(2).written(), "1e3");
  EXPECT_EQ(json.at(3).written(), "0x1F");
  EXPECT_EQ(json.at(4).written(), "5");
  EXPECT_EQ(json.at(5).written(), "abc");
  EXPECT_EQ(Json(0.5).written(), "0.5");
}

TEST(YamlRead, WholeNumbersBeyondSixtyFourBitsAreNumbers) {
  const Json json = parse_yaml("[9223372036854775807, 9223372036854775808, 1e999]", "run.yaml");
  EXPECT_EQ(json.at(0).as_int(), INT64_MAX);
  EXPECT_FALSE(json.at(1).is_integer());
  EXPECT_EQ(json.at(1).written(), "9223372036854775808");
  EXPECT_TRUE(json.at(2).is_string());
}

TEST(YamlRead, BlocksFlowsAndComments) {
  EXPECT_EQ(
      as_json(
          "# c\na: {b: [x, {c: 1}]}  # d\nlist:\n- 1\n- k: v\n  l: |\n    two\n    lines\n- >-\n  folded\n  text\n"),
      R"({"a":{"b":["x",{"c":1}]},"list":[1,{"k":"v","l":"two\nlines\n"},"folded text"]})");
  EXPECT_EQ(as_json("{\"a\":[1,2.5,null]}"), R"({"a":[1,2.5,null]})");
  EXPECT_EQ(as_json("2019: x\ntrue: y\n"), R"({"2019":"x","true":"y"})");
}

TEST(YamlRead, EmptyTextsAreNull) {
  for (std::string_view text : {"", "\n", "# only a comment\n", "---\n", "~"})
    EXPECT_TRUE(parse_yaml(text, "run.yaml").is_null()) << text;
}

TEST(YamlRead, EveryValueKnowsItsLine) {
  const Json json = parse_yaml("# c\na: 1\nb:\n  c: [x,\n      y]\nd:\ne: z\n", "run.yaml");
  EXPECT_EQ(json.at("a").line(), 2);
  EXPECT_EQ(json.at("b").line(), 4);
  EXPECT_EQ(json.at("b").at("c").line(), 4);
  EXPECT_EQ(json.at("b").at("c").at(1).line(), 5);
  EXPECT_EQ(json.at("d").line(), 6);  // nothing is written: the line of its key
  EXPECT_EQ(json.at("e").line(), 7);
}

TEST(YamlRead, ReadsAByteOrderMark) { EXPECT_EQ(as_json("\xEF\xBB\xBFstart: 1\n"), R"({"start":1})"); }

TEST(YamlRead, RefusesAnchorsAliasesAndTags) {
  EXPECT_THAT(refusal("a: 1\nb: &x 1\n"), HasSubstr("run.yaml:2: anchors and aliases"));
  EXPECT_THAT(refusal("a: &x [1]\nb: *x\n"), HasSubstr("run.yaml:1: anchors and aliases"));
  refusal("a: *x\n");
  EXPECT_THAT(refusal("a: !!str 5\n"), HasSubstr("tag 'tag:yaml.org,2002:str' is not read"));
  EXPECT_THAT(refusal("a: !!python/object:os.system [x]\n"), HasSubstr("run.yaml:1: tag"));
  EXPECT_THAT(refusal("a: !own {x: 1}\n"), HasSubstr("tag '!own'"));
}

TEST(YamlRead, RefusesDuplicateKeysAtAnyDepth) {
  EXPECT_THAT(refusal("a: 1\nb: 2\na: 3\n"), HasSubstr("run.yaml:3: key 'a' stands twice"));
  EXPECT_THAT(refusal("o:\n  a: 1\n  \"a\": 3\n"), HasSubstr("run.yaml:3: key 'a' stands twice"));
  EXPECT_EQ(as_json("o: {a: 1}\np: {a: 1}"), R"({"o":{"a":1},"p":{"a":1}})");
}

TEST(YamlRead, RefusesKeysThatAreNoTexts) {
  for (std::string_view text : {"[a]: 1", "{a: 1}: 1", "~: 1", ": 1", "? [x]\n: 1"})
    EXPECT_THAT(refusal(text), HasSubstr("a key must be a text")) << text;
}

TEST(YamlRead, RefusesASecondDocument) { EXPECT_THAT(refusal("a: 1\n---\nb: 2\n"), HasSubstr("one document is read")); }

TEST(YamlRead, RefusesBrokenTextsWithTheirLine) {
  EXPECT_THAT(refusal("a: 1\nb: [1, 2\n"), HasSubstr("run.yaml:"));
  EXPECT_THAT(refusal("a: 1\n b: 2\n"), HasSubstr("run.yaml:2: "));
  EXPECT_THAT(refusal("a: 1\nb: 'open\nc: 3\n"), HasSubstr("run.yaml:2: the quote that begins here is not closed"));
  EXPECT_THAT(refusal("a: caf\xC3\xA9\r\nb: \"open\\\"\n"), HasSubstr("run.yaml:2: the quote"));
  EXPECT_THAT(refusal("a: 1\n'it''s: 2\n"), HasSubstr("run.yaml:2: "));
  refusal("! text");
  refusal("a: 'x' y\n");
  refusal("a: b: c");
  refusal("}");
}

TEST(YamlRead, RefusesOtherEncodingsWithTheirLine) {
  EXPECT_THAT(refusal("a: 1\nb: caf\xE9\n"), HasSubstr("run.yaml:2: expected UTF-8"));
  EXPECT_THAT(refusal(std::string_view("a\0:\0 \0001\0", 8)), HasSubstr("NUL"));
  refusal("\xFF\xFE\x61");
}

TEST(YamlRead, RefusesDeepNestingInEveryStyle) {
  std::string flow(100'000, '['), blocks, keys, pairs;
  for (int i = 0; i < 20'000; ++i) blocks += "- ", keys += "? ", pairs += "{a: ";
  for (const std::string& text : {flow, blocks + "x", keys + "x", pairs}) refusal(text);
  std::string allowed(64, '[');
  EXPECT_NO_THROW(parse_yaml(allowed + std::string(64, ']'), "run.yaml"));
  EXPECT_THAT(refusal("[" + allowed + std::string(65, ']')), HasSubstr("nested deeper than 64 levels"));
}

void expect_round_trip(const Json& json) {
  const std::string text = to_yaml_text(json);
  SCOPED_TRACE(text);
  EXPECT_EQ(to_json_text(parse_yaml(text, "written.yaml")), to_json_text(json));
}

TEST(YamlWrite, TextsThatWouldReadAsSomethingElseAreQuoted) {
  for (std::string_view text : {"",
                                " ",
                                "null",
                                "~",
                                "true",
                                "yes",
                                "NO",
                                "1",
                                "-1",
                                "1.5",
                                "1e3",
                                "0x1F",
                                "007",
                                ".inf",
                                "- a",
                                "a: b",
                                "a #b",
                                "#a",
                                "[x]",
                                "{x}",
                                "*Charged Off",
                                "&x",
                                "!x",
                                "%x",
                                "@x",
                                "`x",
                                "|",
                                ">",
                                "?",
                                "? x",
                                ":",
                                "a:",
                                " a",
                                "a ",
                                "a\nb",
                                "a\tb",
                                "'",
                                "\"",
                                "\\",
                                "\x7f",
                                "\xC2\x85",
                                "\xC2\xA0",
                                "\xE2\x80\xA8",
                                "\xEF\xBB\xBFx",
                                "---",
                                "...",
                                "\x01",
                                "loan_amnt",
                                "a b",
                                "\xE8\xB4\xB7\xE6\xAC\xBE",
                                "caf\xC3\xA9",
                                "\xF0\x9F\x98\x80",
                                "a,b",
                                "\r",
                                "<<",
                                "="}) {
    expect_round_trip(Json(text));
    expect_round_trip(Json{{"k", text}});
    expect_round_trip(Json(Json::Object{{std::string(text), Json(1)}}));
    expect_round_trip(Json(Json::Array{Json(text), Json(Json::Array{Json(text)})}));
  }
  EXPECT_EQ(to_yaml_text(Json{{"name", "adam"}, {"label", "1"}}), "name: adam\nlabel: \"1\"\n");
  EXPECT_EQ(to_yaml_text(Json("\xE8\xB4\xB7\xE6\xAC\xBE")), "\xE8\xB4\xB7\xE6\xAC\xBE\n");
}

TEST(YamlWrite, NestsBlocksReadably) {
  const Json json{{"optim", Json{{"lr", 2e-5}, {"targets", Json(Json::Array{"query", "value"})}}},
                  {"files", Json(Json::Array{Json{{"part", "test"}, {"keys", Json{{"a", nullptr}}}}, Json(1),
                                             Json::array(), Json(Json::Array{Json{{"x", 1}}})})},
                  {"none", Json::object()}};
  EXPECT_EQ(
      to_yaml_text(json),
      "optim:\n  lr: 2e-05\n  targets: [query, value]\nfiles:\n  - part: test\n    keys:\n      a: null\n  - 1\n  - "
      "[]\n  - - x: 1\nnone: {}\n");
  expect_round_trip(json);
}

TEST(YamlWrite, LongKeysAndTextsReadBack) {
  const std::string long_text(5000, 'x');
  expect_round_trip(Json(Json::Object{{long_text, Json(long_text)}, {long_text + "y", Json{{"a", 1}}}}));
  expect_round_trip(Json(Json::Array{Json(Json::Object{{long_text, Json{{"a", 1}}}})}));
}

TEST(YamlWrite, NumbersKeepTheirKind) {
  for (const Json& json : {Json(1.0), Json(1), Json(1e300), Json(5e-324), Json(-0.0), Json(INT64_MIN)}) {
    const Json back = parse_yaml(to_yaml_text(json), "written.yaml");
    EXPECT_EQ(back, json) << to_yaml_text(json);
  }
}

}  // namespace
}  // namespace rift
