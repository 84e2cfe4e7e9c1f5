#include "rift/study/curve/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/base/sentences.h"
#include "rift/study/curve/learning_curve.h"

namespace rift::study {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A curve.json of the fine-tuned model and a text baseline at these sizes.
class CurveWords : public testing::Test {
 protected:
  void TearDown() override { set_language(Language::kEnglish); }

  static Json model(const std::string& name, const std::vector<int64_t>& sizes, const std::vector<double>& values,
                    const Json& stop) {
    Json points = Json::array();
    for (size_t s = 0; s < sizes.size(); ++s) {
      points.push_back(
          {{"labels", sizes[s]}, {"value", values[s]}, {"low", values[s] - .02}, {"high", values[s] + .02}});
    }
    Json json{{"name", name}, {"points", points}, {"law", nullptr}, {"doubling", nullptr}, {"stop", nullptr}};
    if (stop.is_null()) return json;
    json["law"] = Json{{"floor", .1}};
    json["doubling"] =
        Json{{"from", sizes.back()}, {"to", 2 * sizes.back()}, {"worth", .012}, {"low", .004}, {"high", .031}};
    json["stop"] = stop;
    return json;
  }

  static Json curve(const Json& passes, const Json& stop, const std::vector<double>& gains = {-.05, .01, .03},
                    double noise = .02, std::vector<int64_t> sizes = {100, 200, 400}) {
    Json list = Json::array(), all = Json::array();
    std::vector<double> tuned, base;
    for (size_t s = 0; s < sizes.size(); ++s) {
      list.push_back(
          {{"labels", sizes[s]}, {"value", gains[s]}, {"low", gains[s] - noise}, {"high", gains[s] + noise}});
      all.push_back({{"labels", sizes[s]}});
      base.push_back(.7 + .05 * double(s));
      tuned.push_back(base.back() + gains[s]);
    }
    return {
        {"task", "binary"},
        {"metric", "auc"},
        {"more_is_better", true},
        {"seeds", Json(std::vector<int64_t>{1, 2, 3})},
        {"test", Json{{"rows", 500}}},
        {"replicates", 1000},
        {"stop_below", .005},
        {"labels_in_all", 1600},
        {"sizes", all},
        {"models",
         Json(std::vector<Json>{model("fine-tuned", sizes, tuned, stop), model("text-baseline", sizes, base, stop)})},
        {"pairs",
         Json(std::vector<Json>{{{"a", "fine-tuned"}, {"b", "text-baseline"}, {"gain", list}, {"passes", passes}}})},
        {"skipped", Json::array()}};
  }
  static Json threshold(const std::string& which, Json labels, Json low, Json high) {
    return {{"case", which}, {"labels", std::move(labels)}, {"low", std::move(low)}, {"high", std::move(high)}};
  }
  static Json stop_within() { return threshold("within", 300, 220, 390); }
  static std::string pair_line(const Json& curve) { return curve_answers(curve).at(1); }
};

TEST_F(CurveWords, SayWhereTheBaselineIsPassed) {
  EXPECT_EQ(pair_line(curve(threshold("within", 173.2, 118.9, 241), stop_within())),
            "fine-tuned language model: passes text baseline (TF-IDF) at about 170 labels (95 % interval: 120 to 240). "
            "At 400 labels it is ahead by 0.030 of AUC (95 % interval: 0.010 to 0.050).");
  EXPECT_THAT(pair_line(curve(threshold("within", 173.2, 100, nullptr), stop_within())),
              HasSubstr("(95 % interval: 100 or fewer to more than 4,000)"));
  EXPECT_THAT(pair_line(curve(threshold("from the start", nullptr, 100, 130), stop_within())),
              HasSubstr("By the fitted curves fine-tuned language model is ahead of text baseline (TF-IDF) from the "
                        "smallest size measured on, 100 labels (95 % interval: 100 or fewer to 130)."));
}

TEST_F(CurveWords, SayWhatAnExtrapolationIs) {
  EXPECT_EQ(pair_line(curve(threshold("beyond", 1234, 600, nullptr), stop_within(), {-.08, -.06, -.04})),
            "fine-tuned language model: does not pass text baseline (TF-IDF) within the sizes measured; by the fitted "
            "curves at about 1,200 labels (95 % interval: 600 to more than 4,000), which is an extrapolation. At 400 "
            "labels it is behind by 0.040 of AUC (95 % interval: 0.020 to 0.060).");
}

TEST_F(CurveWords, SayThatTheBaselineStaysAhead) {
  EXPECT_THAT(
      pair_line(curve(threshold("never", nullptr, nullptr, nullptr), stop_within(), {-.1, -.1, -.1})),
      AllOf(HasSubstr("does not pass text baseline (TF-IDF) within the sizes measured, nor by the fitted curves "
                      "up to ten times the largest of them. At 400"),
            HasSubstr("behind by 0.100")));
  EXPECT_THAT(pair_line(curve(threshold("ends", 250, nullptr, nullptr), stop_within(), {.1, .01, -.1})),
              HasSubstr("ahead of text baseline (TF-IDF) with few labels only; from about 250 labels on text baseline "
                        "(TF-IDF) is ahead."));
}

TEST_F(CurveWords, CallADifferenceWithinNoiseChance) {
  EXPECT_THAT(pair_line(curve(threshold("within", 173, 110, 300), stop_within(), {-.05, .01, .01})),
              HasSubstr("At 400 labels the difference of +0.010 in AUC may be chance (95 % interval: -0.010 to "
                        "+0.030)."));
}

TEST_F(CurveWords, SayWhatADoublingIsWorthAndWhenToStop) {
  const auto lines = [](const Json& stop) { return curve_answers(curve(threshold("within", 170, 120, 240), stop)); };
  const std::vector<std::string> within = lines(stop_within());
  ASSERT_EQ(within.size(), 4U);
  EXPECT_EQ(within[0],
            "With 400 labels, the most that were measured, best: fine-tuned language model (AUC 0.830, "
            "0.810 - 0.850).");
  EXPECT_EQ(within[2],
            "Twice the labels, 800 instead of 400, are worth about 0.012 of AUC (95 % interval: 0.004 to "
            "0.031) to fine-tuned language model, by its fitted curve one doubling beyond the measurements.");
  EXPECT_EQ(within[3],
            "A doubling is worth less than 0.005 of AUC to fine-tuned language model from about 300 labels "
            "on (95 % interval: 220 to 390): labelling can stop there.");
  EXPECT_THAT(lines(threshold("beyond", 2345, 900, nullptr))[3],
              AllOf(HasSubstr("up to about 2,300 labels"), HasSubstr("which is an extrapolation: go on labelling")));
  EXPECT_THAT(lines(threshold("never", nullptr, 900, nullptr))[3],
              AllOf(HasSubstr("up to ten times the largest of them"), HasSubstr("go on labelling")));
  EXPECT_THAT(lines(threshold("from the start", nullptr, 100, 100))[3],
              HasSubstr("from the smallest size measured on: more labels are not what it lacks"));
}

TEST_F(CurveWords, AModelThatLeadsWithoutBeingTheFineTunedOneIsAskedToo) {
  const std::vector<std::string> lines =
      curve_answers(curve(threshold("never", nullptr, nullptr, nullptr), stop_within(), {-.1, -.1, -.1}));
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_THAT(lines[4], AllOf(HasSubstr("Twice the labels"), HasSubstr("to text baseline (TF-IDF)")));
}

TEST_F(CurveWords, TooFewSizesAreSaidPlainly) {
  const auto two = [](const std::vector<double>& gains) { return curve(nullptr, nullptr, gains, .02, {100, 200}); };
  EXPECT_EQ(pair_line(two({.05, .06})),
            "fine-tuned language model: ahead of text baseline (TF-IDF) at every size measured. At 200 labels it is "
            "ahead by 0.060 of AUC (95 % interval: 0.040 to 0.080).");
  EXPECT_THAT(pair_line(two({-.05, -.06})), HasSubstr("behind text baseline (TF-IDF) at every size measured."));
  EXPECT_THAT(pair_line(two({-.05, .06})), HasSubstr("of the sizes measured ahead of text baseline (TF-IDF) from 200"));
  EXPECT_THAT(pair_line(two({.05, -.06})), HasSubstr("neither stays ahead over the sizes measured."));
  EXPECT_EQ(curve_answers(two({-.05, .06})).back(),
            "From 100 to 200 labels the AUC of fine-tuned language model went from 0.650 to 0.810.");
  EXPECT_THAT(curve_notes(two({.05, .06})).front(),
              HasSubstr("2 sizes are too few for a power law, which takes three different ones"));
  EXPECT_THAT(curve_notes(curve(threshold("within", 170, 120, 240), stop_within())).front(),
              HasSubstr("Three sizes fix a power law"));
}

TEST_F(CurveWords, NotesSayHowFarTheIntervalsGo) {
  Json one = curve(threshold("within", 170, 120, 240), stop_within());
  EXPECT_THAT(curve_notes(one),
              ElementsAre(HasSubstr("Three sizes"), HasSubstr("3 seeds tell little"),
                          HasSubstr("percentiles over 1,000 draws of the test rows and of the seeds")));
  one["seeds"] = Json(std::vector<int64_t>{1});
  one["labels_in_all"] = 400;
  EXPECT_THAT(curve_notes(one), ElementsAre(HasSubstr("Three sizes"), HasSubstr("One seed: intervals cover"),
                                            HasSubstr("400 labels are all that there are"), HasSubstr("percentiles")));
}

TEST_F(CurveWords, AreChineseWhereThatIsAsked) {
  const Json one = curve(threshold("beyond", 1234, 600, nullptr), stop_within(), {-.08, -.06, -.04});
  const size_t lines = curve_answers(one).size();
  set_language(Language::kChinese);
  EXPECT_EQ(curve_answers(one).size(), lines);
  EXPECT_EQ(
      pair_line(one),
      "微调语言模型在测得的标注量之内没有超过文本基线（TF-IDF）；按拟合曲线约在 1,200 条时超过（95% 区间：600 至 多于 "
      "4,000），这是外推。在 400 条标注时，其 AUC 落后 0.040（95% 区间：0.020 至 0.060）。");
  EXPECT_THAT(learning_curve_text(one), AllOf(HasSubstr("标注量"), Not(HasSubstr("labels"))));
}

TEST_F(CurveWords, NumbersOfLabelsHaveTwoDigitsThatCount) {
  EXPECT_EQ(about_labels(7), "7");
  EXPECT_EQ(about_labels(173.2), "170");
  EXPECT_EQ(about_labels(12345), "12,000");
  EXPECT_EQ(about_labels(995), "1,000");
}

}  // namespace
}  // namespace rift::study
