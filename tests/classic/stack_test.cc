#include "rift/classic/stack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "classic/golden.h"
#include "classic/small_dataset.h"
#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/classic/dense_logistic.h"
#include "rift/classic/stack_weights.h"
#include "rift/data/options.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::classic {
namespace {

/// A model that says a fixed mixture of a number column and noise, for tests of what stacks on it.
class Said final : public score::Scorer {
 public:
  Said(std::string name, data::Schema schema, std::string column, double factor)
      : name_(std::move(name)), schema_(std::move(schema)), column_(std::move(column)), factor_(factor) {}
  const data::Schema& schema() const override { return schema_; }
  score::RawScores score(const data::Table& rows) const override {
    score::RawScores raw{rows.rows, 1, {}};
    for (const double value : rows.at(column_).numbers()) raw.values.push_back(factor_ * value);
    return raw;
  }
  std::string name() const override { return name_; }
  Json save(const std::filesystem::path&) const override { return Json{{"kind", name_}}; }
  bool use_precision(score::Precision precision) override {
    if (name_ != "fine-tuned") return Scorer::use_precision(precision);
    precision_ = precision;
    return true;
  }
  void require_measured(score::Precision precision) const override {
    RIFT_REQUIRE(name_ != "fine-tuned" || precision != score::Precision::kBf16, Code::kUnsupported, "not measured");
  }
  score::Precision precision() const { return precision_; }

 private:
  score::Precision precision_ = score::Precision::kF32;
  std::string name_;
  data::Schema schema_;
  std::string column_;
  double factor_;
};

data::Schema only(const data::Schema& schema, const std::vector<std::string>& names) {
  data::Schema some{schema.task, {}, schema.class_names};
  for (const std::string& name : names) some.fields.push_back(*schema.find(name));
  return some;
}

struct Stacked {
  data::Dataset dataset = applicants(600);
  std::vector<int64_t> rows;
  std::vector<std::shared_ptr<const score::Scorer>> members;
  std::vector<MemberScores> scores;

  void add(std::shared_ptr<const score::Scorer> member) {
    scores.push_back({member->name(), member->score(dataset.table)});
    members.push_back(std::move(member));
  }
  std::unique_ptr<Stack> fit() { return Stack::fit(dataset, rows, scores, members, {}); }
};

Stacked stacked() {
  Stacked all;
  for (int64_t row = 0; row < all.dataset.rows(); ++row) all.rows.push_back(row);
  all.add(std::make_shared<Said>("gbdt", only(all.dataset.schema, {"count"}), "count", 0.3));
  all.add(std::make_shared<Said>("fine-tuned", only(all.dataset.schema, {"noise", "story"}), "noise", -1.0));
  return all;
}

TEST(Stack, WeightsEqualAPenalisedLogisticRegression) {
  const data::Dataset dataset = applicants(500);
  StackInputs inputs{.rows = dataset.rows(), .members = 2};
  for (int64_t row = 0; row < dataset.rows(); ++row) {
    inputs.values.push_back(dataset.table.at("count").numbers()[static_cast<size_t>(row)]);
    inputs.values.push_back(0.01 * dataset.table.at("employed since").times()[static_cast<size_t>(row)] / kDay - 120);
  }
  const StackWeights fitted = fit_stack_weights(data::Task::kBinary, inputs, dataset.label, {});
  const DenseLogistic oracle =
      fit_dense_logistic(2,
                         [&](int64_t begin, int64_t end, double* block) {
                           std::copy(inputs.values.begin() + 2 * begin, inputs.values.begin() + 2 * end, block);
                         },
                         dataset.label, {}, {.l2 = 1.0, .non_negative = true});
  ASSERT_EQ(fitted.member.size(), 2u);
  EXPECT_NEAR(fitted.member[0], oracle.coefficients[0], 1e-6);
  EXPECT_NEAR(fitted.member[1], oracle.coefficients[1], 1e-6);
  EXPECT_NEAR(fitted.offset[0], oracle.intercept, 1e-6);
}

/// Half the sum of squared weights and the loss of the rows, as fit_stack_weights() documents it for a binary task.
double binary_value(const StackWeights& weights, const StackInputs& inputs, const std::vector<double>& labels) {
  const std::vector<double> said = apply_stack_weights(weights, inputs);
  double value = 0.0;
  for (const double weight : weights.member) value += 0.5 * weight * weight;
  for (size_t row = 0; row < said.size(); ++row) value += log1p_exp(said[row]) - labels[row] * said[row];
  return value;
}

TEST(StackWeights, MembersThatSayNearlyTheSameEndAtScipysBoundedMinimum) {
  const Json golden = read_golden("stack_golden.json");
  for (const Json& expected : golden.at("cases").as_array()) {
    const std::string& name = expected.at("task").as_string();
    SCOPED_TRACE(name);
    const auto member = expected.at("member").as_doubles(), offset = expected.at("offset").as_doubles();
    const auto labels = expected.at("y").as_doubles();
    StackInputs inputs{.rows = static_cast<int64_t>(labels.size()),
                       .members = static_cast<int64_t>(member.size()),
                       .outputs = expected.at("outputs").as_int(),
                       .values = expected.at("x").as_doubles()};
    const StackWeights fitted = fit_stack_weights(*value_named<data::Task>(name), inputs, labels, {});
    if (name == "binary") {
      const double scipys = expected.at("value").as_double();
      EXPECT_NEAR(binary_value(fitted, inputs, labels), scipys, 1e-9 * scipys);
    }
    for (size_t i = 0; i < member.size(); ++i) EXPECT_NEAR(fitted.member[i], member[i], 1e-5) << i;
    for (size_t i = 0; i < offset.size(); ++i)
      EXPECT_NEAR(fitted.offset[i], offset[i], 1e-5 * (1 + std::fabs(offset[i]))) << i;
  }
}

TEST(Stack, AMemberThatSpeaksTheWrongWayRoundHasNoSay) {
  const data::Dataset dataset = applicants(500);
  StackInputs inputs{.rows = dataset.rows(), .members = 2};
  for (const double label : dataset.label) {
    inputs.values.push_back(1.0 - 2.0 * label);  // wrong
    inputs.values.push_back(2.0 * label - 1.0 + 0.1);
  }
  const StackWeights fitted = fit_stack_weights(data::Task::kBinary, inputs, dataset.label, {});
  EXPECT_EQ(fitted.member[0], 0.0);
  EXPECT_GT(fitted.member[1], 1.0);
}

TEST(Stack, SeveralClassesWeighTheMemberThatKnows) {
  const data::Dataset dataset = applicants(600, data::Task::kMulticlass);
  StackInputs inputs{.rows = dataset.rows(), .members = 2, .outputs = 3};
  const CounterRandom random(5, 5);
  for (int64_t row = 0; row < dataset.rows(); ++row) {
    for (int64_t c = 0; c < 3; ++c) inputs.values.push_back(random.normal(static_cast<uint64_t>(6 * row + c)));
    for (int64_t c = 0; c < 3; ++c)
      inputs.values.push_back((dataset.label[static_cast<size_t>(row)] == static_cast<double>(c) ? 1.0 : 0.0) +
                              random.normal(static_cast<uint64_t>(6 * row + 3 + c)));
  }
  const StackWeights fitted = fit_stack_weights(data::Task::kMulticlass, inputs, dataset.label, {});
  EXPECT_LT(fitted.member[0], 0.2);
  EXPECT_GT(fitted.member[1], 0.7);
  EXPECT_EQ(apply_stack_weights(fitted, inputs).size(), 1800u);
}

TEST(Stack, RegressionIsLeastSquaresInAnyUnit) {
  for (const double unit : {1e-3, 1.0, 1e5}) {
    StackInputs inputs{.rows = 200, .members = 2};
    std::vector<double> labels;
    const CounterRandom random(6, 6);
    for (uint64_t row = 0; row < 200; ++row) {
      const double a = 2 * random.normal(2 * row), b = 2 * random.normal(2 * row + 1);
      inputs.values.insert(inputs.values.end(), {unit * a, unit * b});
      labels.push_back(unit * (0.25 * a + 0.75 * b + 40.0));
    }
    const StackWeights fitted = fit_stack_weights(data::Task::kRegression, inputs, labels, {});
    EXPECT_NEAR(fitted.member[0], 0.25, 0.01);
    EXPECT_NEAR(fitted.member[1], 0.75, 0.01);
    EXPECT_NEAR(fitted.offset[0], 40.0 * unit, 0.01 * unit);
  }
}

TEST(Stack, AmountsOfRowsWithoutTextAreNotPulledToZero) {
  StackInputs inputs{.rows = 400, .members = 2};  // a table's model and a text's model, which some rows do not hear
  std::vector<double> labels;
  const CounterRandom random(8, 8);
  for (uint64_t row = 0; row < 400; ++row) {
    const double truth = 1e5 + 1e3 * random.normal(3 * row);
    const bool without_text = row % 4 == 0;
    inputs.values.insert(inputs.values.end(), {truth + 1e3 * random.normal(3 * row + 1),
                                               without_text ? 0.0 : truth + 1e3 * random.normal(3 * row + 2)});
    inputs.without_text.push_back(without_text);
    labels.push_back(truth);
  }
  const StackWeights fitted = fit_stack_weights(data::Task::kRegression, inputs, labels, {});
  const auto values = apply_stack_weights(fitted, inputs);
  double error = 0.0;
  for (size_t row = 0; row < 400; row += 4) error += (values[row] - labels[row]) / 100;
  EXPECT_NEAR(error, 0.0, 50.0);
}

TEST(Stack, OneLabelOnlyIsSaid) {
  StackInputs inputs{.rows = 3, .members = 1};
  inputs.values = {1, 2, 3};
  const std::vector<double> labels = {1, 1, 1};
  const std::string message =
      test::message_of(Code::kData, [&] { fit_stack_weights(data::Task::kBinary, inputs, labels, {}); });
  EXPECT_THAT(message, testing::HasSubstr("same label"));
}

TEST(Stack, RowsWithoutTextDoNotHearTheTextModel) {
  Stacked all = stacked();
  const std::unique_ptr<Stack> stack = all.fit();
  std::vector<score::RawScores> louder;
  for (const MemberScores& member : all.scores) louder.push_back(member.raw);
  for (double& value : louder[1].values) value += 3.0;
  const auto before = stack->score(all.dataset.table).values;
  const auto after = stack->blend(all.dataset.table, louder).values;
  const double weight = stack->weights().at("fine-tuned").as_double();
  const data::Column& story = all.dataset.table.at("story");
  int64_t empty = 0;
  for (int64_t row = 0; row < all.dataset.rows(); ++row) {
    const auto i = static_cast<size_t>(row);
    if (story.missing(row)) {
      ++empty;
      EXPECT_EQ(after[i], before[i]);
    } else {
      EXPECT_NEAR(after[i] - before[i], 3.0 * weight, 1e-9);
    }
  }
  EXPECT_GT(empty, 100);
}

TEST(Stack, ReadsWhatItsMembersReadAndLoadsToTheBit) {
  Stacked all = stacked();
  const std::unique_ptr<Stack> stack = all.fit();
  EXPECT_EQ(stack->schema().features().size(), 3u);
  EXPECT_EQ(stack->schema().find("income"), nullptr);
  const test::TempDirectory package;
  const Json part = stack->save(package.path());
  std::vector<std::shared_ptr<Said>> members;
  const auto loaded =
      Stack::load(package.path(), part, all.dataset.schema,
                  [&](const std::filesystem::path&, const Json& member, const data::Schema&) {
                    const auto& other = all.members[member.at("kind").as_string() == "gbdt" ? 0 : 1];
                    return members.emplace_back(std::make_shared<Said>(static_cast<const Said&>(*other)));
                  });
  EXPECT_EQ(loaded->score(all.dataset.table).values, stack->score(all.dataset.table).values);
  EXPECT_EQ(loaded->weights(), stack->weights());
  EXPECT_TRUE(loaded->use_precision(score::Precision::kInt8));
  EXPECT_EQ(members[0]->precision(), score::Precision::kF32);
  EXPECT_EQ(members[1]->precision(), score::Precision::kInt8);
  loaded->require_measured(score::Precision::kInt8);
  EXPECT_EQ(test::failure([&] { loaded->require_measured(score::Precision::kBf16); }), "unsupported: not measured");
}

TEST(Stack, WithoutALanguageModelComputesInF32Only) {
  Stacked all;
  for (int64_t row = 0; row < all.dataset.rows(); ++row) all.rows.push_back(row);
  all.add(std::make_shared<Said>("gbdt", only(all.dataset.schema, {"count"}), "count", 0.3));
  const test::TempDirectory package;
  const Json part = all.fit()->save(package.path());
  const auto loaded = Stack::load(package.path(), part, all.dataset.schema,
                                  [&](const std::filesystem::path&, const Json&, const data::Schema&) {
                                    return std::make_shared<Said>(static_cast<const Said&>(*all.members[0]));
                                  });
  EXPECT_FALSE(loaded->use_precision(score::Precision::kBf16));
  EXPECT_TRUE(loaded->use_precision(score::Precision::kF32));
}

}  // namespace
}  // namespace rift::classic
