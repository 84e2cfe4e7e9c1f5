#include "rift/data/label.h"

#include "support/failure.h"

namespace rift::data {
namespace {

Texts texts(const std::vector<std::string>& values) {
  Texts column;
  for (const auto& value : values) column.append(value);
  return column;
}

TEST(Label, APatternIsOpenWhereItHasAStar) {
  EXPECT_TRUE(matches_pattern("Old: Charged Off", "*Charged Off"));
  EXPECT_FALSE(matches_pattern("Charged Off (old)", "*Charged Off"));
  EXPECT_TRUE(matches_pattern("Charged Off (old)", "Charged*"));
  EXPECT_TRUE(matches_pattern("is Charged Off (old)", "*Charged*"));
  EXPECT_TRUE(matches_pattern("bad", "bad"));
  EXPECT_FALSE(matches_pattern("Bad", "bad"));
  EXPECT_FALSE(matches_pattern("badly", "bad"));
  EXPECT_TRUE(matches_pattern("anything", "*"));
  EXPECT_TRUE(matches_any("1", {"0", "1.0"}));
}

TEST(Label, ASideOfOneValueKeepsItsName) {
  const LabelOptions options{.column = "s", .positive = {"*Off"}};
  auto label = decode_label(options, Task::kBinary, texts({"Paid", "Charged Off", "Old: Charged Off"}));
  EXPECT_EQ(label.class_names, (std::vector<std::string>{"Paid", "bad"}));
  label = decode_label(options, Task::kBinary, texts({"Paid", "Late", "Charged Off"}));
  EXPECT_EQ(label.class_names, (std::vector<std::string>{"good", "Charged Off"}));
  EXPECT_EQ(label.values, (std::vector<double>{0, 0, 1}));
  EXPECT_TRUE(label.note.empty());
}

TEST(Label, YesIsBadInSeveralLanguages) {
  const auto bad = [](const std::string& a, const std::string& b) {
    const std::vector<LabelClass> two = {{a, 10}, {b, 90}};
    const BadClass found = guess_bad_class(two);
    EXPECT_TRUE(found.by_name);
    return two[found.index].name;
  };
  EXPECT_EQ(bad("No", "Yes"), "Yes");
  EXPECT_EQ(bad("nein", "ja"), "ja");
  EXPECT_EQ(bad("non", "oui"), "oui");
  EXPECT_EQ(bad("否", "是"), "是");
  EXPECT_EQ(bad("正常", "逾期"), "逾期");
}

TEST(Label, ARegressionReadsDecimalCommas) {
  const LabelOptions options{.column = "loss"};
  const DecodedLabel label = decode_label(options, Task::kRegression, texts({"1.234,5", "0,25", "12"}));
  EXPECT_EQ(label.values, (std::vector<double>{1234.5, 0.25, 12}));
  EXPECT_EQ(label.number_style, NumberStyle::kDecimalComma);
  test::message_of(Code::kData, [&] { decode_label(options, Task::kRegression, texts({"1,234", "5"})); });
}

TEST(Label, NoneIsAClassAndNaIsNot) {
  const auto classes = label_classes(texts({"none", "NA", "some", "null", "none"}));
  ASSERT_EQ(classes.size(), 2u);
  EXPECT_EQ(classes[0].name, "none");
  EXPECT_EQ(classes[0].rows, 2);
}

TEST(Label, AModelReadsClassesItKnowsAndRefusesOthers) {
  Schema schema;
  schema.class_names = {"a", "b"};
  schema.fields = {{.name = "y", .kind = Kind::kCategory, .role = Role::kLabel}};
  EXPECT_EQ(decode_known_label(schema, texts({"b", "a"})), (std::vector<double>{1, 0}));
  const auto message = test::message_of(Code::kData, [&] { decode_known_label(schema, texts({"b", "secret"})); });
  EXPECT_NE(message.find("row 1"), std::string::npos);
  EXPECT_EQ(message.find("secret"), std::string::npos);
}

TEST(Label, ABinaryModelKnowsTheValuesOfBothSides) {
  const LabelOptions options{.column = "y", .positive = {"1", "*late"}};
  const DecodedLabel trained = decode_label(options, Task::kBinary, texts({"0", "1", "paid", "1.0"}));
  EXPECT_EQ(trained.seen, (std::vector<std::string>{"0", "1", "paid"}));
  Schema schema;
  schema.class_names = trained.class_names;
  schema.positive = options.positive;
  schema.label_values = trained.seen;
  schema.fields = {{.name = "y", .kind = Kind::kCategory, .role = Role::kLabel}};
  EXPECT_EQ(decode_known_label(schema, texts({"paid", "0.0", "1", "very late"})), (std::vector<double>{0, 0, 1, 1}));
  const auto message = test::message_of(Code::kData, [&] { decode_known_label(schema, texts({"0", "Paid"})); });
  EXPECT_NE(message.find("row 1"), std::string::npos) << message;
  schema.label_values.clear();  // a package of an earlier version
  EXPECT_EQ(decode_known_label(schema, texts({"0", "Paid", "1"})), (std::vector<double>{0, 0, 1}));
}

TEST(Label, FreeValuesAreNotKept) {
  std::vector<std::string> values = {"1"};
  for (size_t i = 0; i < kMostLabelValues; ++i) values.push_back("free " + std::to_string(i));
  const LabelOptions options{.column = "y", .positive = {"1"}};
  EXPECT_TRUE(decode_label(options, Task::kBinary, texts(values)).seen.empty());
}

TEST(Label, OnlyABinaryTaskHasBadValues) {
  const LabelOptions options{.column = "status", .positive = {"2"}};
  for (const Task task : {Task::kMulticlass, Task::kRegression}) {
    const auto message = test::message_of(Code::kConfig, [&] { decode_label(options, task, texts({"1", "2", "3"})); });
    EXPECT_NE(message.find("label.positive"), std::string::npos) << message;
  }
}

TEST(Label, OrderedClassesComeAsOrderSaysOrAsNumbersLie) {
  const LabelOptions named{.column = "grade", .order = {"AAA", "AA", "B"}};
  const DecodedLabel label = decode_label(named, Task::kOrdinal, texts({"B", "AAA", "AAA", "B"}));
  EXPECT_EQ(label.class_names, (std::vector<std::string>{"AAA", "AA", "B"})) << "a grade may have no row";
  EXPECT_EQ(label.values, (std::vector<double>{2, 0, 0, 2}));
  const DecodedLabel numbers = decode_label({.column = "n"}, Task::kOrdinal, texts({"10", "9", "-1", "9"}));
  EXPECT_EQ(numbers.class_names, (std::vector<std::string>{"-1", "9", "10"}));
  EXPECT_EQ(numbers.values, (std::vector<double>{2, 1, 0, 1}));
}

TEST(Label, AnOrderThatIsNotKnownOrNotWholeIsRefused) {
  const auto decode = [](const LabelOptions& options, Task task) {
    return [=] { decode_label(options, task, texts({"low", "high", "low"})); };
  };
  EXPECT_NE(test::message_of(Code::kConfig, decode({.column = "g"}, Task::kOrdinal)).find("order: [low, ..., high]"),
            std::string::npos);
  EXPECT_NE(test::message_of(Code::kData, decode({.column = "g", .order = {"low", "middle"}}, Task::kOrdinal))
                .find("row 1 has a value that data.label.order does not name"),
            std::string::npos);
  test::message_of(Code::kConfig, decode({.column = "g", .order = {"low", "high", "low"}}, Task::kOrdinal));
  test::message_of(Code::kConfig, decode({.column = "g", .order = {"low", "high"}}, Task::kMulticlass));
}

TEST(Label, AFlagIsOneOrZeroInWordsToo) {
  EXPECT_EQ(decode_flag("late", texts({"1", "0", "Yes", "false", "1.0"})), (std::vector<double>{1, 0, 1, 0, 1}));
  EXPECT_NE(test::message_of(Code::kData,
                             [] {
                               decode_flag("late", texts({"1", "2"}));
                             })
                .find("row 1 is neither"),
            std::string::npos);
}

TEST(Label, SetsOfLabelsAreNumbers) {
  const double set = with_label(with_label(0.0, 0), 49);
  EXPECT_TRUE(holds(set, 0) && holds(set, 49) && !holds(set, 1));
  EXPECT_EQ(spread_labels(std::vector<double>{0, 5}, 3), (std::vector<double>{0, 0, 0, 1, 0, 1}));
}

}  // namespace
}  // namespace rift::data
