#include "rift/base/options.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "support/failure.h"

namespace rift {
namespace {

using test::message_of;
using testing::HasSubstr;
using testing::Not;

enum class Loss { kBce, kMse };
constexpr auto enum_names(Loss) { return std::to_array<EnumName<Loss>>({{Loss::kBce, "bce"}, {Loss::kMse, "mse"}}); }

struct FullOptions {
  template <class V>
  void visit(V&) {}
};

struct Warmup {
  double share = 0.1;
  template <class V>
  void visit(V& v) {
    v("share", share, "Share of the steps.", in_half_open(0.0, 1.0));
  }
};

struct LowRankOptions {
  int64_t rank = 8;
  std::vector<std::string> targets = {"query", "value"};
  Warmup warmup;
  template <class V>
  void visit(V& v) {
    v("rank", rank, "Rank of the update.", at_least(1));
    v("targets", targets, "Linear maps.");
    v("warmup", warmup, "Its own warm-up.");
  }
};

inline constexpr std::array<std::string_view, 2> kMethods = {"full", "lora"};

struct Tuning {
  std::variant<FullOptions, LowRankOptions> method;
  std::vector<std::string> freeze;
  template <class V>
  void visit(V& v) {
    v.choice("method", method, kMethods, "Which parameters move.");
    v("freeze", freeze, "Names that stay.");
  }
};

struct Label {
  static constexpr std::string_view kScalarKey = "column";
  std::string column;
  std::vector<std::string> positive;
  template <class V>
  void visit(V& v) {
    v("column", column, "Column | name.");
    v("positive", positive, "Values of the bad class.");
  }
};

struct RunOptions {
  Label label;
  Tuning tuning;
  Loss loss = Loss::kBce;
  double lr = 2e-5;
  std::optional<double> head_lr;
  int64_t seed = 1;
  bool shuffle = true;
  std::vector<int64_t> sizes;
  OptionMap<Loss> heads;
  template <class V>
  void visit(V& v) {
    v("label", label, "What is predicted.");
    v("tuning", tuning, "How.");
    v("loss", loss, "Loss.");
    v("lr", lr, "Learning rate.", positive());
    v("head_lr", head_lr, "Learning rate of the head.", positive());
    v("seed", seed, "Seed.", at_least(0));
    v("shuffle", shuffle, "Whether rows are shuffled.");
    v("sizes", sizes, "Numbers of labels.", in_range(1, 1000));
    v("heads", heads, "Loss of each head.");
  }
  void check(std::string_view path) const {
    RIFT_REQUIRE(!(loss == Loss::kMse && shuffle), Code::kConfig, "{}: mse needs shuffle: false", path);
  }
};

RunOptions read(std::string_view yaml) {
  RunOptions run;
  read_options(parse_yaml(yaml, "run.yaml"), "run.yaml", run);
  return run;
}

std::string refusal(std::string_view yaml) {
  return message_of(Code::kConfig, [&] { read(yaml); });
}

TEST(OptionsRead, KeysLeftOutKeepTheirValue) {
  const RunOptions run = read("{}");
  EXPECT_EQ(run.lr, 2e-5);
  EXPECT_EQ(run.tuning.method.index(), 0u);
  EXPECT_FALSE(run.head_lr);
}

TEST(OptionsRead, ReadsEveryKindOfField) {
  const RunOptions run = read(
      "label: {column: status, positive: [1, yes, 'Charged Off']}\n"
      "tuning: {method: lora, rank: 4, targets: [key], warmup: {share: 0}, freeze: [word_embeddings]}\n"
      "loss: mse\nlr: 1\nhead_lr: 1.0e-3\nseed: 7\nshuffle: false\nsizes: [10, 1000]\nheads: {a: bce, b: mse}\n");
  EXPECT_EQ(run.label.column, "status");
  EXPECT_EQ(run.label.positive, (std::vector<std::string>{"1", "yes", "Charged Off"}));
  const auto& lora = std::get<LowRankOptions>(run.tuning.method);
  EXPECT_EQ(lora.rank, 4);
  EXPECT_EQ(lora.targets, std::vector<std::string>{"key"});
  EXPECT_EQ(lora.warmup.share, 0.0);
  EXPECT_EQ(run.tuning.freeze, std::vector<std::string>{"word_embeddings"});
  EXPECT_EQ(run.loss, Loss::kMse);
  EXPECT_EQ(run.lr, 1.0);
  EXPECT_EQ(run.head_lr, 1e-3);
  EXPECT_EQ(run.seed, 7);
  EXPECT_FALSE(run.shuffle);
  EXPECT_EQ(run.sizes, (std::vector<int64_t>{10, 1000}));
  ASSERT_EQ(run.heads.size(), 2u);
  EXPECT_EQ(run.heads[1].first, "b");
  EXPECT_EQ(run.heads[1].second, Loss::kMse);
}

TEST(OptionsRead, AScalarStandsForItsStruct) {
  EXPECT_EQ(read("label: status").label.column, "status");
  EXPECT_EQ(read("label: 2019").label.column, "2019");
}

TEST(OptionsRead, TextsAreTakenAsWritten) {
  EXPECT_EQ(read("label: {column: x, positive: [1.50, True, 007, 0x1F, 12345678901234567890]}").label.positive,
            (std::vector<std::string>{"1.50", "True", "007", "0x1F", "12345678901234567890"}));
}

TEST(OptionsRead, NullClearsAnOptional) {
  RunOptions run;
  run.head_lr = 0.5;
  read_options(parse_yaml("head_lr: null", "run.yaml"), "run.yaml", run);
  EXPECT_FALSE(run.head_lr);
}

TEST(OptionsErrors, UnknownKeysNameTheNearestOne) {
  EXPECT_EQ(refusal("seed: 1\nlabel:\n  column: x\n  positiv: [1]\n"),
            "run.yaml:4: label: unknown key 'positiv'; did you mean 'positive'?");
  EXPECT_EQ(refusal("sed: 1"), "run.yaml:1: unknown key 'sed'; did you mean 'seed'?");
  EXPECT_THAT(refusal("zzzzzzzz: 1"), HasSubstr("known keys: label, tuning, loss, lr"));
}

TEST(OptionsErrors, KeysOfAnotherAlternativeAreUnknown) {
  EXPECT_EQ(refusal("tuning:\n  method: full\n  rank: 4\n"),
            "run.yaml:3: tuning: unknown key 'rank'; known keys: method, freeze");
  EXPECT_THAT(refusal("tuning: {rank: 4}"), HasSubstr("unknown key 'rank'"));
}

TEST(OptionsErrors, WrongKindsNameFileLinePathAndBothKinds) {
  EXPECT_EQ(refusal("seed: 1\nlr: fast"), "run.yaml:2: lr: expected a number, got 'fast' (a text)");
  EXPECT_EQ(refusal("seed: 1.5"), "run.yaml:1: seed: expected a whole number, got 1.5 (a number)");
  EXPECT_EQ(refusal("shuffle: yes"), "run.yaml:1: shuffle: expected true or false, got 'yes' (a text)");
  EXPECT_EQ(refusal("tuning: 5"), "run.yaml:1: tuning: expected a mapping, got 5 (a whole number)");
  EXPECT_EQ(refusal("sizes: 5"), "run.yaml:1: sizes: expected a list, got 5 (a whole number); a list of one is [5]");
  EXPECT_EQ(refusal("label: {column: [a]}"), "run.yaml:1: label.column: expected a text, got a list");
  EXPECT_EQ(refusal("lr:"), "run.yaml:1: lr: expected a number, got nothing");
  EXPECT_EQ(refusal("- 1"), "run.yaml:1: expected a mapping, got a list");
}

TEST(OptionsErrors, RangesAreHeldAtTheirEdges) {
  EXPECT_EQ(refusal("lr: 0"), "run.yaml:1: lr: expected a number > 0, got 0");
  EXPECT_EQ(refusal("seed: -1"), "run.yaml:1: seed: expected a number >= 0, got -1");
  EXPECT_EQ(refusal("sizes: [10, 1001]"), "run.yaml:1: sizes[1]: expected a number in [1, 1000], got 1001");
  EXPECT_EQ(refusal("tuning:\n  method: lora\n  warmup:\n    share: 1.0"),
            "run.yaml:4: tuning.warmup.share: expected a number in [0, 1), got 1.0");
  EXPECT_THAT(refusal("head_lr: -1"), HasSubstr("head_lr: expected a number > 0"));
  EXPECT_EQ(read("sizes: [1, 1000]").sizes.size(), 2u);
}

TEST(OptionsErrors, UnknownNamesListTheKnownOnes) {
  EXPECT_EQ(refusal("loss: bcee"),
            "run.yaml:1: loss: expected one of bce, mse, got 'bcee' (a text); did you mean 'bce'?");
  EXPECT_EQ(refusal("tuning: {method: lorra}"),
            "run.yaml:1: tuning.method: expected one of full, lora, got 'lorra' (a text); did you mean 'lora'?");
  EXPECT_THAT(refusal("loss: 1"), HasSubstr("expected one of bce, mse, got 1 (a whole number)"));
  EXPECT_THAT(refusal("heads: {a: huber}"), HasSubstr("heads.a: expected one of bce, mse"));
}

TEST(OptionsErrors, RulesAcrossFieldsAreChecked) { EXPECT_THAT(refusal("loss: mse"), HasSubstr("mse needs shuffle")); }

TEST(OptionsWrite, ReadsBackToTheSame) {
  const RunOptions run = read("{label: x, tuning: {method: lora, rank: 2}, head_lr: 0.5, loss: bce, heads: {a: mse}}");
  const Json written = write_options(run);
  RunOptions back;
  read_options(parse_yaml(to_yaml_text(written), "resolved.yaml"), "resolved.yaml", back);
  EXPECT_EQ(write_options(back), written);
  EXPECT_EQ(to_json_text(written),
            R"({"label":{"column":"x","positive":[]},"tuning":{"method":"lora","rank":2,"targets":["query","value"],)"
            R"("warmup":{"share":0.1},"freeze":[]},"loss":"bce","lr":2e-05,"head_lr":0.5,"seed":1,"shuffle":true,)"
            R"("sizes":[],"heads":{"a":"mse"}})");
}

TEST(OptionsWrite, LeavesAbsentOptionalsOut) { EXPECT_EQ(write_options(RunOptions{}).find("head_lr"), nullptr); }

TEST(OptionsDescribe, HelpListsPathTypeDefaultAndText) {
  const std::string help = help_text(describe_options<RunOptions>());
  EXPECT_THAT(help, HasSubstr("  lr                                   number > 0  [2e-05]\n      Learning rate.\n"));
  EXPECT_THAT(help, HasSubstr("tuning.method"));
  EXPECT_THAT(help, HasSubstr("full / lora  [full]"));
  EXPECT_THAT(help, HasSubstr("With method lora: Rank of the update."));
  EXPECT_THAT(help, HasSubstr("tuning.warmup.share"));
  EXPECT_THAT(help, HasSubstr("list of whole number in [1, 1000]"));
  EXPECT_THAT(help, HasSubstr("mapping to bce / mse"));
}

TEST(OptionsDescribe, MarkdownHasATablePerStructAndPerAlternative) {
  const std::string text = markdown_reference(describe_options<RunOptions>(), "run.yaml");
  EXPECT_TRUE(text.starts_with("# run.yaml\n\n| key | type | default | what it does |\n"));
  EXPECT_THAT(text, HasSubstr("| `head_lr` | number > 0 | `none` | Learning rate of the head. |\n"));
  EXPECT_THAT(text, HasSubstr("## `label`\n\nWhat is predicted.\n\n| key |"));
  EXPECT_THAT(text, HasSubstr("Column \\| name."));
  EXPECT_THAT(text, HasSubstr("| `method` | full / lora | `full` | Which parameters move. |\n"));
  EXPECT_THAT(text, HasSubstr("With `method: lora`:\n\n| key |"));
  EXPECT_THAT(text, HasSubstr("## `tuning.warmup`"));
  EXPECT_THAT(text, Not(HasSubstr("With `method: full`")));  // it has no keys of its own
}

TEST(OptionsNames, NearestNameIsEmptyWhenNoneIsNear) {
  const std::vector<std::string> names = {"rank", "alpha"};
  EXPECT_EQ(nearest_name("ranks", names), "rank");
  EXPECT_EQ(nearest_name("zzzz", names), "");
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
}

// A validator for the words of JSON Schema that json_schema() uses; any other word fails the test.
class SchemaCheck {
 public:
  bool fits(const Json& schema, const Json& value) const {
    for (const auto& [word, rule] : schema.as_object()) {
      if (!word_holds(word, rule, schema, value)) return false;
    }
    return true;
  }

 private:
  bool word_holds(std::string_view word, const Json& rule, const Json& schema, const Json& value) const {
    if (word == "$schema" || word == "title" || word == "description" || word == "default") return true;
    if (word == "type") return rule.is_array() ? any_type(rule, value) : is_type(rule.as_string(), value);
    if (word == "enum") return count(rule, [&](const Json& item) { return item == value; }) > 0;
    if (word == "const") return rule == value;
    if (word == "oneOf") return count(rule, [&](const Json& item) { return fits(item, value); }) == 1;
    if (word == "anyOf") return count(rule, [&](const Json& item) { return fits(item, value); }) > 0;
    if (word == "minimum") return !value.is_number() || value.as_double() >= rule.as_double();
    if (word == "maximum") return !value.is_number() || value.as_double() <= rule.as_double();
    if (word == "exclusiveMinimum") return !value.is_number() || value.as_double() > rule.as_double();
    if (word == "exclusiveMaximum") return !value.is_number() || value.as_double() < rule.as_double();
    if (word == "items") return count(value, [&](const Json& item) { return !fits(rule, item); }) == 0;
    if (word == "required") return count(rule, [&](const Json& key) { return !value.contains(key.as_string()); }) == 0;
    if (word == "properties" || word == "additionalProperties") return properties_hold(schema, value);
    ADD_FAILURE() << "word " << word << " is not checked";
    return false;
  }

  bool properties_hold(const Json& schema, const Json& value) const {
    if (!value.is_object()) return true;
    const Json* more = schema.find("additionalProperties");
    for (const auto& member : value.as_object()) {
      const Json* known = schema.contains("properties") ? schema.at("properties").find(member.key) : nullptr;
      if (known != nullptr && !fits(*known, member.value)) return false;
      if (known == nullptr && more != nullptr && (more->is_bool() ? !more->as_bool() : !fits(*more, member.value)))
        return false;
    }
    return true;
  }

  template <class Test>
  static size_t count(const Json& list, Test test) {
    if (!list.is_array()) return 0;
    return static_cast<size_t>(std::count_if(list.as_array().begin(), list.as_array().end(), test));
  }
  static bool any_type(const Json& names, const Json& value) {
    return count(names, [&](const Json& name) { return is_type(name.as_string(), value); }) > 0;
  }
  static bool is_type(std::string_view name, const Json& value) {
    if (name == "object") return value.is_object();
    if (name == "array") return value.is_array();
    if (name == "string") return value.is_string();
    if (name == "boolean") return value.is_bool();
    if (name == "null") return value.is_null();
    if (name == "integer") return value.is_integer();
    return name == "number" && value.is_number();
  }
};

TEST(OptionsSchema, AcceptsAndRefusesWhatTheReaderDoes) {
  const Json schema = json_schema(describe_options<RunOptions>(), "run.yaml");
  EXPECT_EQ(schema.at("$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
  const SchemaCheck check;
  for (std::string_view yaml : {"{}",
                                "lr: 1",
                                "lr: 0",
                                "lr: x",
                                "head_lr: null",
                                "head_lr: 0",
                                "head_lr: 1",
                                "seed: 1.5",
                                "seed: -1",
                                "sed: 1",
                                "loss: bce",
                                "loss: huber",
                                "label: x",
                                "label: 5",
                                "label: {column: x}",
                                "label: {colum: x}",
                                "label: {positive: x}",
                                "tuning: {method: full}",
                                "tuning: {method: lora, rank: 4}",
                                "tuning: {method: full, rank: 4}",
                                "tuning: {rank: 4}",
                                "tuning: {freeze: [a]}",
                                "tuning: {method: lora, warmup: {share: 1}}",
                                "tuning: {method: lora, warmup: {share: 0}}",
                                "tuning: {method: none}",
                                "tuning: 5",
                                "sizes: [1, 1000]",
                                "sizes: [0]",
                                "sizes: [1001]",
                                "sizes: 5",
                                "sizes: [a]",
                                "heads: {a: bce}",
                                "heads: {a: x}",
                                "heads: []",
                                "shuffle: 1",
                                "shuffle: false"}) {
    const Json json = parse_yaml(yaml, "run.yaml");
    bool read = true;
    try {
      RunOptions run;
      read_options(json, "run.yaml", run);
    } catch (const Error&) {
      read = false;
    }
    EXPECT_EQ(check.fits(schema, json), read) << yaml;
  }
}

TEST(OptionsSchema, TheWrittenDefaultsFitIt) {
  EXPECT_TRUE(SchemaCheck().fits(json_schema(describe_options<RunOptions>(), "run.yaml"), write_options(RunOptions{})));
}

}  // namespace
}  // namespace rift
