#include "rift/study/search/trial_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/support.h"
#include "support/failure.h"

namespace rift::study {
namespace {

using testing::HasSubstr;

class TrialOptions : public testing::Test {
 protected:
  TrialOptionsSpec spec(const search::Space& space) {
    return {.configuration = configuration_, .place = "run.yaml", .space = space, .metric = metric_};
  }
  RunOptions options(const search::Space& space, int64_t number) {
    return trial_options(spec(space), search::random_assignment(space, 1, number));
  }

  Json configuration_ = parse_yaml(
      "data: {source: a.csv, label: y}\ntuning: {method: lora, rank: 8, alpha: 16}\noptim: {lr: 0.1, epochs: 7}\n"
      "search: {space: {optim.lr: {log: [1, 2]}}}\n",
      "run.yaml");
  SearchMetric metric_ = search_metrics(data::Task::kBinary, {}, {.name = "log_loss", .second = ""}).front();
};

TEST_F(TrialOptions, PutValuesIntoRunYamlAndLeaveTheRest) {
  const search::Space space = search::space_of("optim.lr: {log: [1.0e-4, 1.0e-2]}");
  const RunOptions options = this->options(space, 3);
  EXPECT_EQ(options.optim.lr, search::random_assignment(space, 1, 3).at("optim.lr").value);
  EXPECT_EQ(options.optim.epochs, 7);
  EXPECT_TRUE(options.search.space.empty()) << "a trial is no search";
  EXPECT_EQ(options.train.early_stopping.metric, train::StopMetric::kLogLoss) << "of the search";
}

TEST_F(TrialOptions, WhatIsNotActiveIsLeftOutWhateverRunYamlSays) {
  const search::Space space = search::space_of(
      "tuning.method: {choice: [head, lora]}\ntuning.rank: {int: [2, 4], when: {tuning.method: lora}}\n"
      "tuning.alpha: {float: [1, 9], when: {tuning.method: lora}}\n");
  for (int64_t number = 0; number < 10; ++number) {
    const RunOptions options = this->options(space, number);
    const auto* lora = std::get_if<tuning::LoraOptions>(&options.tuning.method);
    const bool wants_lora = search::random_assignment(space, 1, number).contains("tuning.rank");
    EXPECT_EQ(lora != nullptr, wants_lora);
    EXPECT_LE(lora == nullptr ? 0 : lora->rank, 4);
  }
}

TEST_F(TrialOptions, TheSpaceIsCheckedAtEveryEndAndChoiceUnderItsConditions) {
  const auto refused = [&](const std::string& yaml) {
    const search::Space space = search::space_of(yaml);
    return test::failure([&] { check_space(spec(space)); });
  };
  EXPECT_EQ(refused("tuning.rank: {int: [1, 64]}"), "nothing");
  EXPECT_THAT(refused("tuning.rank: {int: [0, 64]}"), HasSubstr("search.space.tuning.rank: with the value 0"));
  EXPECT_THAT(refused("optim.batch_rows: {float: [1, 3]}"), HasSubstr("expected a whole number"));
  EXPECT_THAT(refused("tuning: {choice: ['{method: lora}', '{method: head}']}"),
              HasSubstr("name the options of tuning one by one, such as tuning.method"));
  EXPECT_THAT(refused("train.seed: {int: [1, 9]}"), HasSubstr("the best of several seeds is the luckiest"));
  EXPECT_THAT(refused("train.kept_states.disk_mib: {int: [1, 9]}"), HasSubstr("it is no setting of a model"));
  // Rank is a key of lora alone: with full there is none.
  EXPECT_THAT(refused("tuning.method: {choice: [lora, full]}\ntuning.rank: {int: [1, 4]}"),
              HasSubstr("search.space.tuning.method: with the value full"));
  EXPECT_THAT(refused("data.source: {choice: [b.csv]}"), HasSubstr("search.space.data.source: options of model.text"));
}

}  // namespace
}  // namespace rift::study
