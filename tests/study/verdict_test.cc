#include "rift/study/verdict.h"

#include <gtest/gtest.h>

#include "rift/base/sentences.h"
#include "rift/study/compare.h"

namespace rift::study {
namespace {

Json model(std::string name, double auc) {
  const Json figure{{"value", auc}, {"low", auc - 0.03}, {"high", auc + 0.03}};
  return Json{{"name", std::move(name)},
              {"metrics", Json{{"test", Json{{"rows", 1000}, {"auc", figure}, {"ks", figure}, {"brier", nullptr}}}}},
              {"train_seconds", 1.5}};
}

Json pair(std::string a, std::string b, double difference, double p) {
  return Json{{"a", std::move(a)},        {"b", std::move(b)},         {"metric", "auc"}, {"difference", difference},
              {"low", difference - 0.01}, {"high", difference + 0.01}, {"p", p},          {"p_holm", p}};
}

Json compare(Json models, Json pairs, std::string best, int64_t bad = 500) {
  return Json{{"split", "ab"},
              {"task", "binary"},
              {"test", Json{{"rows", 1000}, {"bad", bad}}},
              {"best", std::move(best)},
              {"models", std::move(models)},
              {"pairs", std::move(pairs)},
              {"skipped", Json(std::vector<Json>{Json{{"name", "fusion"}, {"why", "reason"}}})}};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Verdict, AClearLeadIsMoreThanNoise) {
  const Json json = compare(std::vector<Json>{model("scorecard", 0.70), model("gbdt", 0.74)},
                            std::vector<Json>{pair("scorecard", "gbdt", -0.04, 0.001)}, "gbdt");
  const std::string text = verdict_of(json).text;
  EXPECT_TRUE(has(text, "gradient-boosted trees is better than scorecard")) << text;
  EXPECT_TRUE(has(text, "+0.040")) << "seen from the winner: " << text;
  EXPECT_TRUE(has(text, "+0.030 to +0.050")) << text;
}

TEST(Verdict, AnUnclearLeadIsNoiseEvenWhenItsOwnPIsSmall) {
  Json unclear = pair("scorecard", "gbdt", -0.04, 0.03);
  unclear["p_holm"] = 0.09;
  const Json json =
      compare(std::vector<Json>{model("scorecard", 0.70), model("gbdt", 0.74)}, std::vector<Json>{unclear}, "gbdt");
  const std::string text = verdict_of(json).text;
  EXPECT_TRUE(has(text, "no more than noise")) << text;
  EXPECT_TRUE(has(text, "p 0.090 corrected for all pairs")) << text;
}

TEST(Verdict, ADifferenceWithoutAnIntervalIsNotJudged) {
  Json bare = pair("gbdt", "fusion", -0.04, 1.0);
  for (const char* key : {"low", "high", "p", "p_holm"}) bare[key] = nullptr;
  Json json = compare(std::vector<Json>{model("gbdt", 0.70), model("text-baseline", 0.6), model("fusion", 0.74)},
                      std::vector<Json>{bare}, "fusion", 4);
  const Verdict verdict = verdict_of(json);
  EXPECT_TRUE(has(verdict.text, "+0.040 against gradient-boosted trees")) << verdict.text;
  EXPECT_TRUE(has(verdict.text, "cannot be said")) << verdict.text;
  EXPECT_TRUE(verdict.remarks.empty()) << "nothing is said of an interval that is not there";
}

TEST(Verdict, SaysWhenTheFineTunedModelLoses) {
  const Json json = compare(std::vector<Json>{model("scorecard", 0.80), model("fine-tuned", 0.74)},
                            std::vector<Json>{pair("scorecard", "fine-tuned", 0.06, 0.001)}, "scorecard");
  EXPECT_TRUE(has(verdict_of(json).text, "The fine-tuned text model loses on this data: AUC 0.740 against 0.800"));
  const Json won = compare(std::vector<Json>{model("scorecard", 0.70), model("fine-tuned", 0.74)},
                           std::vector<Json>{pair("scorecard", "fine-tuned", -0.04, 0.001)}, "fine-tuned");
  EXPECT_FALSE(has(verdict_of(won).text, "loses"));
}

Json with_text(Json json, bool has_text) {
  json["has_text"] = has_text;
  return json;
}

TEST(Verdict, SaysWhatTextsAddToTheTable) {
  const Json json = with_text(
      compare(std::vector<Json>{model("gbdt", 0.69), model("text-baseline", 0.60), model("fusion", 0.70)},
              std::vector<Json>{pair("gbdt", "text-baseline", 0.09, 0.0), pair("gbdt", "fusion", -0.01, 0.001),
                                pair("text-baseline", "fusion", -0.1, 0.0)},
              "fusion"),
      true);
  const Verdict verdict = verdict_of(json);
  ASSERT_EQ(verdict.remarks.size(), 1u);
  EXPECT_TRUE(has(verdict.remarks[0], "The texts add to the table")) << verdict.remarks[0];
  const Verdict without = verdict_of(with_text(json, false));
  ASSERT_EQ(without.remarks.size(), 1u);
  EXPECT_TRUE(has(without.remarks[0], "Putting the models together adds to the best model of the table: fusion"))
      << without.remarks[0];
}

TEST(Verdict, TextsAreNotGivenWhatASecondModelOfTheTableMayHaveAdded) {
  const auto json = [](double p) {
    return with_text(
        compare(std::vector<Json>{model("scorecard", 0.68), model("gbdt", 0.69), model("fine-tuned", 0.60),
                                  model("fusion", 0.70)},
                std::vector<Json>{pair("gbdt", "fusion", -0.01, p), pair("scorecard", "fusion", -0.02, p)}, "fusion"),
        true);
  };
  EXPECT_TRUE(has(verdict_of(json(0.001)).remarks.at(0), "Putting the models together adds"));
  EXPECT_TRUE(has(verdict_of(json(0.5)).remarks.at(0), "The texts add nothing that can be told from noise"));
}

TEST(Verdict, ColumnsThatMayLeakAreNamedOnce) {
  Json json = compare(std::vector<Json>{model("scorecard", 0.70)}, Json::array(), "scorecard");
  json["leakage"] = Json(std::vector<Json>{Json{{"kind", "separates_label"}, {"column", "paid"}, {"evidence", "e"}},
                                           Json{{"kind", "after_decision"}, {"column", "paid"}, {"evidence", "e"}},
                                           Json{{"kind", "shared_rows"}, {"evidence", "e"}}});
  ASSERT_EQ(verdict_of(json).remarks.size(), 1u);
  EXPECT_TRUE(has(verdict_of(json).remarks[0], "Possible leakage: paid, rows that stand in two parts."));
  json["leakage"] = Json::array();
  EXPECT_TRUE(verdict_of(json).remarks.empty());
}

TEST(Verdict, ASmallTestPartIsRemarkedOn) {
  const Json json = compare(std::vector<Json>{model("scorecard", 0.70), model("gbdt", 0.74)},
                            std::vector<Json>{pair("scorecard", "gbdt", -0.04, 0.5)}, "gbdt", 30);
  ASSERT_EQ(verdict_of(json).remarks.size(), 1u);
  EXPECT_TRUE(has(verdict_of(json).remarks[0], "30 bad rows only: differences below 0.010"));
}

TEST(Verdict, AHandfulOfBadRowsProvesNothing) {
  const Json json = compare(std::vector<Json>{model("scorecard", 0.82), model("gbdt", 0.50)},
                            std::vector<Json>{pair("scorecard", "gbdt", 0.32, 0.001)}, "scorecard", 4);
  const std::string text = verdict_of(json).text;
  EXPECT_TRUE(has(text, "too small to say that it is better than gradient-boosted trees: +0.320")) << text;
}

TEST(Verdict, AModelThatIsNoBetterThanChanceHasNotWon) {
  const Json json = compare(std::vector<Json>{model("scorecard", 0.41), model("gbdt", 0.52)},
                            std::vector<Json>{pair("scorecard", "gbdt", -0.11, 0.001)}, "gbdt");
  EXPECT_EQ(verdict_of(json).text,
            "No model can be told from chance on these test rows: gradient-boosted trees is the best with AUC 0.520 "
            "(95 % interval 0.490 to 0.550).");
}

TEST(Verdict, ModelsThatSayTheSameAreATie) {
  Json same = pair("gbdt", "fusion", 0.0, 1.0);
  same["low"] = same["high"] = 0.0;
  const Json json =
      compare(std::vector<Json>{model("gbdt", 0.70), model("fusion", 0.70)}, std::vector<Json>{same}, "gbdt", 100);
  const Verdict verdict = verdict_of(json);
  EXPECT_EQ(verdict.text, "gradient-boosted trees and fusion do equally well: AUC 0.700.");
  EXPECT_TRUE(verdict.remarks.empty());
}

TEST(Verdict, OneModelIsComparedWithNothing) {
  const Json json = compare(std::vector<Json>{model("gbdt", 0.70)}, Json::array(), "gbdt");
  EXPECT_TRUE(has(verdict_of(json).text, "Only gradient-boosted trees"));
}

TEST(Verdict, ALossThatIsLowerIsShownAsLower) {
  Json json = compare(std::vector<Json>{model("gbdt", 0.70), model("fine-tuned", 0.60)},
                      std::vector<Json>{pair("gbdt", "fine-tuned", -0.10, 0.001)}, "fine-tuned");
  json["task"] = "multiclass";
  for (Json& one : json["models"].as_array()) {
    Json& test = one["metrics"]["test"];
    const Json figure = test.at("auc");
    test["log_loss"] = figure;
  }
  const std::string text = verdict_of(json).text;
  EXPECT_TRUE(has(text, "fine-tuned language model is better than gradient-boosted trees: log loss -0.100")) << text;
  EXPECT_TRUE(has(text, "-0.110 to -0.090")) << text;
}

TEST(ComparisonText, LinesUpInEitherLanguageAndNamesWhatWasLeftOut) {
  const Json json = compare(std::vector<Json>{model("scorecard", 0.70), model("gbdt", 0.74)},
                            std::vector<Json>{pair("scorecard", "gbdt", -0.04, 0.001)}, "gbdt");
  const std::string english = comparison_text(json);
  EXPECT_EQ(english.substr(0, english.find("\n\n")),
            "model        AUC  95 % interval     KS  Brier  training (s)\n"
            "scorecard  0.700  0.670 - 0.730  0.700      -           1.5\n"
            "gbdt       0.740  0.710 - 0.770  0.740      -           1.5")
      << "models by the names of run.yaml, folders and packages";
  EXPECT_TRUE(has(english, "fusion was left out: reason"));
  set_language(Language::kChinese);
  const std::string chinese = comparison_text(json);
  set_language(Language::kEnglish);
  EXPECT_TRUE(has(chinese, "模型         AUC")) << chinese;
  EXPECT_TRUE(has(chinese, "gbdt       0.740")) << chinese;
}

}  // namespace
}  // namespace rift::study
