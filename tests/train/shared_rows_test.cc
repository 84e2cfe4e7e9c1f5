#include "rift/train/shared_rows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/train/fine_tune.h"
#include "train/small_options.h"

namespace rift::train {
namespace {

using test::row_range;

/// Fine-tunings on the first rows of a data set, each on more of them, judged on the last ones.
class SharedRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    set_progress_style(ProgressStyle::kSilent);
    set_threads(1);
    options_ = test::small_options(test::small_backbone(folder_, true));
    options_.optim.epochs = 1;
  }

  FineTuned fit(int64_t rows, SharedRows* shared) {
    const std::vector<int64_t> train = row_range(0, rows), validation = row_range(96, 32);
    return fine_tune({.dataset = dataset_,
                      .train = train,
                      .validation = validation,
                      .options = options_,
                      .directory = {},
                      .init_from = {},
                      .observer = {},
                      .shared = shared});
  }

  std::vector<double> scores_alone(const FineTuned& tuned) const {
    return tuned.scorer->score(data::take(dataset_.table, judged_)).values;
  }

  /// A training that shares rows differs by the rounding of sums.
  static void expect_near(const std::vector<double>& got, const std::vector<double>& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5 * (1 + std::abs(expected[i])));
  }

  test::TempDirectory folder_;
  data::Dataset dataset_ = test::small_dataset(160, data::Task::kBinary);
  FineTuneOptions options_;
  std::vector<int64_t> judged_ = row_range(128, 32);
};

TEST_F(SharedRowsTest, TextsAreEncodedOnceForAllFits) {
  SharedRows shared(dataset_, row_range(0, 160));
  for (const int64_t rows : {24, 48, 96}) {
    const FineTuned tuned = fit(rows, &shared);
    const FineTuned alone = fit(rows, nullptr);
    EXPECT_EQ(tuned.summary, alone.summary);
    EXPECT_EQ(scores_alone(tuned), scores_alone(alone));
    expect_near(shared.score(*tuned.scorer, judged_).values, scores_alone(alone));
  }
  EXPECT_EQ(shared.work().encoded, 160);
  EXPECT_EQ(shared.work().encoded_asked, 24 + 48 + 96 + 3 * (32 + 32));
  EXPECT_EQ(shared.work().read, 0) << "no encoder was frozen";
}

TEST_F(SharedRowsTest, AFrozenEncoderReadsEachRowOnce) {
  options_.tuning.method = tuning::HeadOptions{};
  options_.optim.epochs = 4;
  SharedRows shared(dataset_, row_range(0, 160));
  for (const int64_t rows : {24, 48, 96}) {
    const FineTuned tuned = fit(rows, &shared);
    expect_near(shared.score_frozen(*tuned.scorer, judged_).values, scores_alone(fit(rows, nullptr)));
  }
  EXPECT_EQ(shared.work().encoded, 160);
  EXPECT_EQ(shared.work().read, 160);
  EXPECT_EQ(shared.work().read_asked, 24 + 48 + 96 + 3 * (32 + 32));
}

TEST_F(SharedRowsTest, WithoutRoomForWhatIsReadEachFitReadsItsOwn) {
  options_.tuning.method = tuning::HeadOptions{};
  options_.train.kept_states.memory_mib = 0;
  SharedRows shared(dataset_, row_range(0, 160));
  const FineTuned tuned = fit(48, &shared);
  expect_near(shared.score_frozen(*tuned.scorer, judged_).values, scores_alone(fit(48, nullptr)));
  EXPECT_EQ(shared.work().read, 0);
  EXPECT_EQ(shared.work().encoded, 160);
}

TEST_F(SharedRowsTest, WhatIsReadWithTokensOfAFitsOwnIsSharedWithNobody) {
  options_.text.max_tokens = test::kMaxTokensBehindVirtual;
  for (const tuning::TuningOptions& tuning :
       {tuning::TuningOptions{.method = tuning::PromptOptions{.tokens = 3}, .freeze = {"prompt_embeddings"}},
        tuning::TuningOptions{.method = tuning::PrefixOptions{.tokens = 3}, .freeze = {"prefix_embeddings"}}}) {
    options_.tuning = tuning;
    SharedRows shared(dataset_, row_range(0, 160));
    for (const int64_t seed : {1, 2}) {  // of the tokens that the first layer reads
      options_.train.seed = seed;
      expect_near(scores_alone(fit(48, &shared)), scores_alone(fit(48, nullptr)));
    }
    EXPECT_EQ(shared.work().encoded, 160);
    EXPECT_EQ(shared.work().read, 0);
  }
}

TEST_F(SharedRowsTest, FrozenLowerLayersAreSharedToTheSameScores) {
  options_.tuning.method = tuning::TopKOptions{.layers = 1};
  SharedRows shared(dataset_, row_range(0, 160));
  for (const int64_t rows : {24, 96}) {
    expect_near(scores_alone(fit(rows, &shared)), scores_alone(fit(rows, nullptr)));
  }
  EXPECT_EQ(shared.work().encoded, 160);
}

}  // namespace
}  // namespace rift::train
