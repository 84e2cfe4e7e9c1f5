#include "rift/study/curve/analysis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "rift/base/random.h"

namespace rift::study {
namespace {

using Case = Threshold::Case;
using Truth = std::function<double(double labels)>;

/// Errors around laws: each seed and each replicate with a little noise of its own, the test rows' the same for all.
CurveErrors errors_of(const std::vector<Truth>& models, std::vector<double> labels, int64_t seeds = 3,
                      double noise = 0.002, int64_t replicates = 200) {
  CurveErrors errors{.labels = std::move(labels),
                     .models = static_cast<int64_t>(models.size()),
                     .seeds = seeds,
                     .error = {},
                     .replicates = {}};
  const CounterRandom random(3, 1), of_rows(3, 2);
  for (const Truth& truth : models) {
    for (const double n : errors.labels) {
      for (int64_t k = 0; k < seeds; ++k) errors.error.push_back(truth(n) + noise * random.normal(errors.error.size()));
    }
  }
  for (int64_t r = 0; r < replicates; ++r) {
    for (const double error : errors.error) {
      errors.replicates.push_back(error + noise * of_rows.normal(static_cast<uint64_t>(r)));
    }
  }
  return errors;
}

Truth law(double floor, double scale, double rate) {
  return [=](double n) { return floor + scale * std::pow(n, -rate); };
}

const std::vector<double> kSizes = {50, 100, 200, 400, 800};

TEST(CurveAnalysis, FindsTheLawAndWhatItIsWorth) {
  const CurveErrors errors = errors_of({law(.1, 3, .7)}, kSizes, 3, 0.0005);
  const CurveAnalysis analysis = analyse_curves(errors, {.stop_below = .005});
  const LawEstimate& found = *analysis.models.at(0).law;
  EXPECT_NEAR(found.rate.value, .7, .1);
  EXPECT_NEAR(found.doubling.value, 3 * std::pow(800, -.7) * (1 - std::exp2(-.7)), .002);
  EXPECT_LE(found.doubling.interval->low, found.doubling.value);
  EXPECT_GE(found.doubling.interval->high, found.doubling.value);
  // 3 n^-.7 (1 - 2^-.7) = .005 at about n = 2,100.
  EXPECT_EQ(found.stop.which, Case::kBeyond);
  EXPECT_NEAR(*found.stop.labels, 2100, 500);
  EXPECT_LT(*found.stop.interval->low, *found.stop.labels);
  EXPECT_NEAR(analysis.line.front(), 50, 1e-9);
  EXPECT_NEAR(analysis.line.back(), 1600, 1e-9);
  for (size_t i = 0; i < analysis.line.size(); ++i) {
    EXPECT_NEAR(analysis.models[0].line[i].value, found.law.at(analysis.line[i]), 1e-12);
  }
  for (size_t s = 0; s < kSizes.size(); ++s) {
    EXPECT_GT(analysis.models[0].points[s].deviation, 0);
    EXPECT_LT(analysis.models[0].points[s].deviation, .002);
  }
}

TEST(CurveAnalysis, SaysWhereToStopInEachCase) {
  const auto stop = [](const Truth& truth, double below) {
    return analyse_curves(errors_of({truth}, kSizes, 3, 1e-5), {.stop_below = below}).models[0].law->stop;
  };
  EXPECT_EQ(stop(law(.1, 3, .7), .15).which, Case::kFromStart);
  const Threshold within = stop(law(.1, 3, .7), .02);
  EXPECT_EQ(within.which, Case::kWithin);
  const double exact = std::pow(3 * (1 - std::exp2(-.7)) / .02, 1 / .7);
  EXPECT_NEAR(*within.labels, exact, 0.02 * exact);
  EXPECT_EQ(stop(law(.1, 3, .7), .004).which, Case::kBeyond);
  EXPECT_EQ(stop(law(0, 1, .1), .001).which, Case::kNever);
  EXPECT_FALSE(stop(law(0, 1, .1), .001).interval->high);
  EXPECT_EQ(stop([](double) { return .3; }, .004).which, Case::kFromStart) << "a flat curve";
}

TEST(CurveAnalysis, FindsWhereAModelPassesAnother) {
  const Truth slow = law(.20, .5, .5), fast = law(.05, 4, .6);
  const auto passes = [&](const Truth& a, const Truth& b, const std::vector<double>& sizes) {
    return *analyse_pair(errors_of({a, b}, sizes, 3, 1e-4), 0, 1, {}).passes;
  };
  // They cross where .05 + 4 n^-.6 = .20 + .5 n^-.5: n = 174.
  double low = 10, high = 10000;
  for (int i = 0; i < 100; ++i)
    (fast(std::sqrt(low * high)) > slow(std::sqrt(low * high)) ? low : high) = std::sqrt(low * high);
  const Threshold within = passes(fast, slow, kSizes);
  EXPECT_EQ(within.which, Case::kWithin);
  EXPECT_NEAR(*within.labels, low, .05 * low);
  EXPECT_LE(*within.interval->low, *within.labels);
  EXPECT_GE(*within.interval->high, *within.labels);
  const Threshold beyond = passes(fast, slow, {20, 40, 60, 80, 100});
  EXPECT_EQ(beyond.which, Case::kBeyond);
  EXPECT_NEAR(*beyond.labels, low, .3 * low);
  EXPECT_EQ(passes(fast, slow, {400, 800, 1600}).which, Case::kFromStart);
  EXPECT_EQ(passes(fast, slow, {5, 8, 11, 14}).which, Case::kNever);
  const Threshold ends = passes(slow, fast, kSizes);
  EXPECT_EQ(ends.which, Case::kEnds);
  EXPECT_NEAR(*ends.labels, low, .05 * low);
  EXPECT_FALSE(ends.interval->low) << "never, in all replicates";
}

TEST(CurveAnalysis, TheGainIsThatOfTheSameTestRows) {
  // The rows move both models alike: the difference is far surer than either.
  const CurveErrors errors = errors_of({law(.1, 2, .6), law(.12, 2, .6)}, kSizes, 3, 0.0);
  CurveErrors noisy = errors;
  const CounterRandom of_rows(9, 9);
  const auto values = static_cast<size_t>(errors.values());
  for (size_t i = 0; i < noisy.replicates.size(); ++i) noisy.replicates[i] += .05 * of_rows.normal(i / values);
  const PairCurve pair = analyse_pair(noisy, 0, 1, {});
  const CurveAnalysis analysis = analyse_curves(noisy, {});
  for (size_t s = 0; s < kSizes.size(); ++s) {
    EXPECT_NEAR(pair.gain[s].value, .02, 1e-9);
    EXPECT_NEAR(pair.gain[s].interval->high - pair.gain[s].interval->low, 0.0, 1e-9);
    const metrics::Interval& interval = *analysis.models[0].points[s].error.interval;
    EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * .05, .04);
  }
}

TEST(CurveAnalysis, SeedsWidenTheInterval) {
  CurveErrors errors = errors_of({law(.1, 2, .6)}, kSizes, 3, 0.0, 400);
  for (int64_t s = 0; s < 5; ++s) {
    for (int64_t k = 0; k < 3; ++k) errors.error[size_t(errors.place(0, s, k))] += .03 * double(k - 1);
  }
  for (size_t i = 0; i < errors.replicates.size(); ++i) errors.replicates[i] = errors.error[i % errors.error.size()];
  const CurvePoint point = analyse_curves(errors, {}).models[0].points[2];
  EXPECT_NEAR(point.deviation, .03, 1e-12);
  // The mean of 2 of 3 draws: between one seed's lowest and highest.
  EXPECT_NEAR(point.error.interval->low, point.error.value - .03, 1e-9);
  EXPECT_NEAR(point.error.interval->high, point.error.value + .03, 1e-9);
}

TEST(CurveAnalysis, TwoSizesHaveNoLaw) {
  const CurveErrors errors = errors_of({law(.1, 2, .6), law(.2, 1, .6)}, {50, 100});
  const CurveAnalysis analysis = analyse_curves(errors, {});
  EXPECT_FALSE(analysis.models[0].law);
  EXPECT_TRUE(analysis.models[0].line.empty());
  EXPECT_TRUE(analysis.models[0].points[1].error.interval);
  EXPECT_FALSE(analyse_pair(errors, 0, 1, {}).passes);
}

TEST(CurveAnalysis, ASizeWhoseSeedsAgreeDoesNotDecideAlone) {
  // All seeds have the same rows at the largest size: no spread there, and no weight without end.
  CurveErrors errors = errors_of({law(.1, 2, .6)}, kSizes, 3, .01);
  for (int64_t k = 0; k < 3; ++k) errors.error[size_t(errors.place(0, 4, k))] = .9;
  const metrics::PowerLaw found = analyse_curves(errors, {}).models[0].law->law;
  EXPECT_LT(found.at(800), .5);
}

}  // namespace
}  // namespace rift::study
