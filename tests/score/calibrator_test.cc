#include "rift/score/calibrator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "rift/base/files.h"
#include "rift/base/log_odds.h"
#include "rift/base/random.h"
#include "rift/score/maximum_likelihood.h"
#include "support/failure.h"

namespace rift::score {
namespace {

const Json& golden() {
  static const Json json =
      parse_json(read_file("tests/score/fixtures/calibration_golden.json"), "calibration_golden.json");
  return json;
}

RawScores raw(std::vector<double> values, int64_t outputs = 1) {
  const auto rows = static_cast<int64_t>(values.size()) / outputs;
  return {rows, outputs, std::move(values)};
}

Calibrator fit_golden(CalibrationMethod method, std::span<const double> weights) {
  return Calibrator::fit(data::Task::kBinary, method, raw(golden().at("log_odds").as_doubles()),
                         golden().at("labels").as_doubles(), weights);
}

TEST(Platt, EqualsTheLikelihoodsOptimumAndScikitLearnsEarlyStop) {
  for (const char* name : {"platt", "platt_weighted"}) {
    const Json& expected = golden().at(name);
    const std::vector<double> weights =
        std::string(name) == "platt" ? std::vector<double>{} : golden().at("weights").as_doubles();
    const PlattFit fitted =
        fit_platt(golden().at("log_odds").as_doubles(), golden().at("labels").as_doubles(), weights);
    EXPECT_NEAR(fitted.slope, expected.at("slope").as_double(), 1e-9) << name;
    EXPECT_NEAR(fitted.intercept, expected.at("intercept").as_double(), 1e-9) << name;
    EXPECT_NEAR(fitted.slope, expected.at("sklearn_slope").as_double(), 1e-5) << name;
    const auto pd = fit_golden(CalibrationMethod::kPlatt, weights).apply(raw(golden().at("grid").as_doubles()));
    const auto theirs = expected.at("sklearn_pd").as_doubles();
    for (size_t i = 0; i < pd.size(); ++i) EXPECT_NEAR(pd[i], theirs[i], 1e-6) << name << " " << i;
  }
}

TEST(Platt, SeparatedClassesStayFinite) {
  const std::vector<double> log_odds = {-5, -4, -3, 3, 4, 5}, labels = {0, 0, 0, 1, 1, 1};
  const PlattFit fitted = fit_platt(log_odds, labels, {});
  EXPECT_TRUE(std::isfinite(fitted.slope) && fitted.slope > 0.0);
  // Smoothed targets: three bad rows are worth 4/5, three good ones 1/5.
  EXPECT_NEAR(sigmoid(fitted.slope * 4 + fitted.intercept), 0.8, 0.02);
}

TEST(Platt, HugeLogOddsDoNotOverflow) {
  const std::vector<double> log_odds = {-800, -900, 700, 1e6, -1e6, 20}, labels = {0, 0, 1, 1, 1, 0};
  const PlattFit fitted = fit_platt(log_odds, labels, {});
  EXPECT_TRUE(std::isfinite(fitted.slope) && std::isfinite(fitted.intercept));
}

TEST(Platt, AScoreThatRanksTheWrongWayRoundOrNotAtAllGivesTheBaseRate) {
  for (const std::vector<double>& log_odds : {std::vector<double>{3, 2, 1, 0}, std::vector<double>{1, 1, 1, 1}}) {
    const std::vector<double> labels = {0, 0, 0, 1};
    const auto calibrator = Calibrator::fit(data::Task::kBinary, CalibrationMethod::kPlatt, raw(log_odds), labels, {});
    for (double pd : calibrator.apply(raw({-10, 0, 10}))) EXPECT_NEAR(pd, (2.0 / 3 + 3 * 0.2) / 4, 1e-9);
  }
}

TEST(Calibrator, IsotonicEqualsScikitLearn) {
  for (const char* name : {"isotonic", "isotonic_weighted"}) {
    const std::vector<double> weights =
        std::string(name) == "isotonic" ? std::vector<double>{} : golden().at("weights").as_doubles();
    const auto pd = fit_golden(CalibrationMethod::kIsotonic, weights).apply(raw(golden().at("grid").as_doubles()));
    const auto expected = golden().at(name).at("pd").as_doubles();
    for (size_t i = 0; i < pd.size(); ++i) EXPECT_NEAR(pd[i], expected[i], 1e-12) << name << " " << i;
  }
}

TEST(Calibrator, TemperatureEqualsTheLikelihoodsOptimum) {
  const auto logits = golden().at("logits").as_doubles();
  const auto labels = golden().at("classes").as_doubles();
  EXPECT_NEAR(fit_inverse_temperature(logits, 3, labels, {}), golden().at("inverse_temperature").as_double(), 1e-6);
  EXPECT_NEAR(fit_inverse_temperature(logits, 3, labels, golden().at("weights").as_doubles()),
              golden().at("inverse_temperature_weighted").as_double(), 1e-6);
  const auto calibrator =
      Calibrator::fit(data::Task::kMulticlass, CalibrationMethod::kAutomatic, raw(logits, 3), labels, {});
  const auto probability = calibrator.apply(raw(logits, 3));
  for (size_t row = 0; row < labels.size(); ++row)
    EXPECT_NEAR(probability[3 * row] + probability[3 * row + 1] + probability[3 * row + 2], 1.0, 1e-12);
}

TEST(Calibrator, FewRowsThatAreAllRightAreNoProofOfCertainty) {
  // One row of each class: Platt's target is 2/3, which a margin of 1 reaches at ln 2.
  EXPECT_NEAR(fit_inverse_temperature(std::vector<double>{1, 0, 0, 1}, 2, std::vector<double>{0, 1}, {}), std::log(2.0),
              1e-9);
}

TEST(Calibrator, TemperatureWithoutAnOptimumIsCut) {
  EXPECT_EQ(fit_inverse_temperature(std::vector<double>{1, 0, 0, 1}, 2, std::vector<double>{1, 0}, {}), 0.01);
}

TEST(Calibrator, ATemperatureOfTwoClassesKeepsEvenOdds) {
  for (const char* name : {"binary_temperature", "binary_temperature_weighted"}) {
    const std::vector<double> weights =
        std::string(name) == "binary_temperature" ? std::vector<double>{} : golden().at("weights").as_doubles();
    const Calibrator calibrator = fit_golden(CalibrationMethod::kTemperature, weights);
    EXPECT_NEAR(calibrator.line()->slope, golden().at(name).as_double(), 1e-6) << name;
    EXPECT_EQ(calibrator.line()->intercept, 0.0);
    EXPECT_EQ(calibrator.apply(raw({0.0}))[0], 0.5);
  }
}

TEST(Beta, EqualsTheLikelihoodsOptimum) {
  struct Named {
    const char* name;
    const char* labels;
    bool is_weighted;
  };
  for (const auto& [name, labels, is_weighted] :
       {Named{"beta", "labels", false}, Named{"beta_weighted", "labels", true},
        Named{"beta_bent", "bent_labels", false}}) {
    SCOPED_TRACE(name);
    const std::vector<double> weights = is_weighted ? golden().at("weights").as_doubles() : std::vector<double>{};
    const BetaFit fitted = fit_beta(golden().at("log_odds").as_doubles(), golden().at(labels).as_doubles(), weights);
    const std::vector<double> expected = golden().at(name).as_doubles();
    EXPECT_NEAR(fitted.a, expected[0], 1e-6);
    EXPECT_NEAR(fitted.b, expected[1], 1e-6);
    EXPECT_NEAR(fitted.c, expected[2], 1e-6);
  }
  EXPECT_EQ(golden().at("beta_bent").at(1).as_double(), 0.0);  // one that would be below 0
}

TEST(Beta, HoldsTheIdentityAndSeparatedClassesStayFinite) {
  EXPECT_NEAR(BetaFit{}.log_odds(1.7), 1.7, 1e-12);
  const BetaFit fitted = fit_beta(std::vector<double>{-5, -4, -3, 3, 4, 5}, std::vector<double>{0, 0, 0, 1, 1, 1}, {});
  EXPECT_TRUE(std::isfinite(fitted.a) && std::isfinite(fitted.b) && std::isfinite(fitted.c));
  EXPECT_NEAR(sigmoid(fitted.log_odds(4)), 0.8, 0.02);
}

TEST(Calibrator, EveryLabelOfSeveralHasItsOwnPlatt) {
  const std::vector<double> log_odds = golden().at("log_odds").as_doubles(),
                            labels = golden().at("labels").as_doubles();
  std::vector<double> both, sets;
  for (size_t row = 0; row < labels.size(); ++row) {
    both.insert(both.end(), {log_odds[row], 2.0 * log_odds[row], 0.5});
    sets.push_back(labels[row] * 3.0);  // labels 0 and 1 together, label 2 never
  }
  const Calibrator calibrator =
      Calibrator::fit(data::Task::kMultilabel, CalibrationMethod::kAutomatic, raw(both, 3), sets, {});
  const Calibrator alone = fit_golden(CalibrationMethod::kPlatt, {});
  const std::vector<double> p = calibrator.apply(raw(both, 3)), expected = alone.apply(raw(log_odds));
  for (size_t row = 0; row < labels.size(); ++row) {
    EXPECT_NEAR(p[3 * row], expected[row], 1e-9);
    EXPECT_NEAR(p[3 * row + 1], expected[row], 1e-9);
    EXPECT_EQ(p[3 * row + 2], sigmoid(0.5));
  }
  const auto loaded = Calibrator::from_json(parse_json(to_json_text(calibrator.to_json()), "test"));
  EXPECT_EQ(loaded.apply(raw(both, 3)), p);
}

TEST(Calibrator, NeverChangesARanking) {
  const CounterRandom random(3, 0);
  std::vector<double> log_odds, labels;
  for (uint64_t i = 0; i < 400; ++i) {
    log_odds.push_back(2 * random.normal(2 * i) - 1);
    labels.push_back(random.uniform(2 * i + 1) < sigmoid(0.4 * log_odds.back() + 0.3) ? 1.0 : 0.0);
  }
  for (auto method : {CalibrationMethod::kPlatt, CalibrationMethod::kIsotonic, CalibrationMethod::kBeta,
                      CalibrationMethod::kTemperature}) {
    const auto calibrator = Calibrator::fit(data::Task::kBinary, method, raw(log_odds), labels, {});
    std::vector<double> sorted = log_odds;
    std::sort(sorted.begin(), sorted.end());
    const auto pd = calibrator.apply(raw(sorted));
    EXPECT_TRUE(std::is_sorted(pd.begin(), pd.end()));
    EXPECT_GT(pd.back(), pd.front());
  }
}

TEST(Calibrator, AutomaticTakesIsotonicOnlyWithManyRowsAndAShapeThatPlattCannotFollow) {
  const CounterRandom random(5, 0);
  const auto chosen = [&](int64_t rows, bool is_step) {
    std::vector<double> log_odds, labels;
    for (int64_t i = 0; i < rows; ++i) {
      log_odds.push_back(2 * random.normal(static_cast<uint64_t>(2 * i)));
      const double pd = is_step ? (log_odds.back() < 1.0 ? 0.3 : 0.9) : sigmoid(log_odds.back());
      labels.push_back(random.uniform(static_cast<uint64_t>(2 * i + 1)) < pd ? 1.0 : 0.0);
    }
    return Calibrator::fit(data::Task::kBinary, CalibrationMethod::kAutomatic, raw(log_odds), labels, {}).method();
  };
  EXPECT_EQ(chosen(6000, true), CalibrationMethod::kIsotonic);
  EXPECT_EQ(chosen(6000, false), CalibrationMethod::kPlatt);
  EXPECT_EQ(chosen(1500, true), CalibrationMethod::kPlatt);
}

TEST(Calibrator, NoneAndRegressionLeaveScoresAsTheyAre) {
  const std::vector<double> values = {-2, 0, 3};
  EXPECT_EQ(Calibrator::identity(data::Task::kRegression).apply(raw(values)), values);
  EXPECT_EQ(Calibrator::fit(data::Task::kRegression, CalibrationMethod::kPlatt, raw(values), values, {}).method(),
            CalibrationMethod::kNone);
  const auto pd = Calibrator::identity(data::Task::kBinary).apply(raw(values));
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(pd[i], sigmoid(values[i]));
  const auto shares = Calibrator::identity(data::Task::kMulticlass).apply(raw({0, std::log(3.0)}, 2));
  EXPECT_NEAR(shares[1], 0.75, 1e-15);
}

TEST(Calibrator, RowsThatCannotBeFittedAreNamed) {
  const auto fit = [](std::vector<double> values, const std::vector<double>& labels) {
    return [=] { Calibrator::fit(data::Task::kBinary, CalibrationMethod::kAutomatic, raw(values), labels, {}); };
  };
  EXPECT_NE(test::message_of(Code::kData, fit({1, 2}, {1, 1})).find("one class"), std::string::npos);
  EXPECT_NE(test::message_of(Code::kData, fit({1, NAN}, {1, 0})).find("row 1 of the 2 calibration rows"),
            std::string::npos);
  EXPECT_NE(test::message_of(Code::kData, fit({}, {})).find("has none"), std::string::npos);
}

TEST(Calibrator, ReadsBackToTheSameBits) {
  const std::vector<double> grid = golden().at("grid").as_doubles();
  for (auto method : {CalibrationMethod::kNone, CalibrationMethod::kPlatt, CalibrationMethod::kIsotonic,
                      CalibrationMethod::kTemperature, CalibrationMethod::kBeta}) {
    const auto saved = fit_golden(method, golden().at("weights").as_doubles());
    const auto loaded = Calibrator::from_json(parse_json(to_json_text(saved.to_json()), "test"));
    EXPECT_EQ(loaded.apply(raw(grid)), saved.apply(raw(grid)));
    EXPECT_EQ(loaded.method(), method);
  }
  const auto logits = golden().at("logits").as_doubles();
  const auto saved = Calibrator::fit(data::Task::kMulticlass, CalibrationMethod::kPlatt, raw(logits, 3),
                                     golden().at("classes").as_doubles(), {});
  const auto loaded = Calibrator::from_json(parse_json(to_json_text(saved.to_json()), "test"));
  EXPECT_EQ(loaded.apply(raw(logits, 3)), saved.apply(raw(logits, 3)));
}

TEST(Calibrator, RefusesWhatNoFitWrites) {
  const auto read = [](std::string_view text) { return [=] { Calibrator::from_json(parse_json(text, "test")); }; };
  for (std::string_view text : {
           R"({"task": "binary", "method": "automatic"})",
           R"({"task": "binary", "method": "magic"})",
           R"({"task": "binary", "method": "temperature", "slope": -1})",
           R"({"task": "binary", "method": "beta", "a": 1, "b": -1, "c": 0})",
           R"({"task": "multiclass", "method": "beta", "a": 1, "b": 1, "c": 0})",
           R"({"task": "multiclass", "method": "platt", "slope": 1, "intercept": 0})",
           R"({"task": "binary", "method": "platt", "slope": -1, "intercept": 0})",
           R"({"task": "binary", "method": "platt", "slope": 1})",
           R"({"task": "binary", "method": "isotonic", "log_odds": [], "pd": []})",
           R"({"task": "binary", "method": "isotonic", "log_odds": [1, 1], "pd": [0.1, 0.2]})",
           R"({"task": "binary", "method": "isotonic", "log_odds": [1, 2], "pd": [0.2, 0.1]})",
           R"({"task": "binary", "method": "isotonic", "log_odds": [1, 2], "pd": [0.2, 1.1]})",
           R"({"task": "odd", "method": "none"})",
       })
    test::message_of(Code::kArtefact, read(text));
}

}  // namespace
}  // namespace rift::score
