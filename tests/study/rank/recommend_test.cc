#include "rift/study/rank/recommend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/base/sentences.h"
#include "rift/study/rank/scores.h"

namespace rift::study {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::vector<double> kGood = {0.80, 0.82, 0.81, 0.79, 0.83};
const std::vector<double> kAlmost = {0.795, 0.818, 0.806, 0.792, 0.824};  // behind by .003
const std::vector<double> kBad = {0.60, 0.62, 0.61, 0.59, 0.63};

std::string advice(const std::vector<Candidate>& candidates, double chance = 0.5) {
  return recommendation_text(candidates, *recommend(candidates), "auc", chance);
}

TEST(Recommend, TheBestIsTakenWhereOthersAreBehindByMoreThanNoise) {
  const std::vector<Candidate> models = {{"bad", kBad, 900}, {"good", kGood, 100}};
  const auto found = recommend(models);
  EXPECT_EQ(found->best, 1u);
  EXPECT_EQ(found->take, 1u);
  EXPECT_FALSE(found->find(0)->within_noise);
  EXPECT_NEAR(found->find(0)->behind.value, 0.2, 1e-12);
  EXPECT_THAT(advice(models), AllOf(HasSubstr("Take good: AUC 0.810"), HasSubstr("more than noise")));
}

TEST(Recommend, AMuchFasterModelThatIsHardlyBehindIsTaken) {
  const std::vector<Candidate> models = {{"large", kGood, 100}, {"small", kAlmost, 320}, {"bad", kBad, 900}};
  const auto found = recommend(models);
  EXPECT_EQ(found->best, 0u);
  EXPECT_EQ(found->take, 1u);
  EXPECT_THAT(advice(models), AllOf(HasSubstr("large leads"), HasSubstr("3.2 times as fast"), HasSubstr("take small")));
  set_language(Language::kChinese);
  EXPECT_THAT(advice(models), AllOf(HasSubstr("建议选 small"), HasSubstr("3.2 倍")));
  set_language(Language::kEnglish);
}

TEST(Recommend, TextsThatDoNotSuitTheModelAreNamed) {
  EXPECT_THAT(advice({{.name = "a", .folds = kGood, .unknown_share = 0.62, .cut_share = 1.0}}),
              AllOf(HasSubstr("62 % of a's tokens of these rows are unknown"),
                    HasSubstr("a reads only the beginning of 100 % of the rows")));
  EXPECT_THAT(advice({{.name = "a", .folds = kGood, .unknown_share = 0.01, .cut_share = 0.2},
                      {.name = "b", .folds = kBad, .unknown_share = 0.9, .cut_share = 1.0}}),
              AllOf(Not(HasSubstr("unknown")), Not(HasSubstr("beginning"))));
}

TEST(Recommend, IntervalsEndWhereTheFigureDoes) {
  const std::vector<double> folds = {0.2, 0.99, 1.0, 0.98, 0.97};  // .828 [.174, 1.482] by Student's t
  EXPECT_EQ(mean_figure(folds, "auc").high, 1.0);
  EXPECT_NEAR(mean_figure(folds, "auc").low, 0.17381567993930225, 1e-12);
  EXPECT_LT(mean_figure(std::vector<double>{0.01, 0.9, 0.0, 0.0, 0.0}, "r2").low, 0.0);
  EXPECT_EQ(mean_figure(std::vector<double>{0.01, 0.9, 0.0, 0.0, 0.0}, "accuracy").low, 0.0);
}

TEST(Recommend, ALittleFasterIsNoReason) {
  const std::vector<Candidate> models = {{"large", kGood, 100}, {"small", kAlmost, 140}};
  EXPECT_EQ(recommend(models)->take, 0u);
  EXPECT_THAT(advice(models), HasSubstr("do not tell small from it"));
}

TEST(Recommend, NotToBeToldApartOnFewRowsIsNoReasonEither) {
  const std::vector<Candidate> models = {{"large", {0.9, 0.7, 0.8, 0.6, 0.95}, 100},
                                         {"small", {0.7, 0.75, 0.7, 0.7, 0.8}, 900}};
  const auto found = recommend(models);
  EXPECT_TRUE(found->find(1)->within_noise);
  EXPECT_GT(found->find(1)->behind.value, kSmallGap);
  EXPECT_EQ(found->take, 0u);
}

TEST(Recommend, ComparingMoreModelsNeedsMoreEvidence) {
  std::vector<Candidate> models = {{"a", kGood, 1}, {"b", {0.79, 0.79, 0.80, 0.785, 0.80}, 1}};
  const double two = recommend(models)->find(1)->behind.low;
  for (int i = 0; i < 8; ++i) models.push_back({"c" + std::to_string(i), kBad, 1});
  EXPECT_LT(recommend(models)->find(1)->behind.low, two);
}

TEST(Recommend, ChanceIsSaid) {
  EXPECT_THAT(advice({{"a", {0.52, 0.47, 0.51, 0.55, 0.50}, 1}}),
              AllOf(HasSubstr("only model"), HasSubstr("no better than chance (0.500)")));
  EXPECT_THAT(advice({{"a", kGood, 1}}), Not(HasSubstr("chance")));
  EXPECT_FALSE(recommend({}).has_value());
}

}  // namespace
}  // namespace rift::study
