#include "rift/optim/schedule.h"

#include <gtest/gtest.h>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "support/failure.h"

namespace rift::optim {
namespace {

TEST(Schedule, WarmUpRisesToOneThenLinearFallsTowardsZero) {
  EXPECT_DOUBLE_EQ(schedule_factor({LinearSchedule{}}, 0.2, 0, 10), 0.5);
  EXPECT_DOUBLE_EQ(schedule_factor({LinearSchedule{}}, 0.2, 1, 10), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor({LinearSchedule{}}, 0.2, 2, 10), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor({LinearSchedule{}}, 0.2, 6, 10), 0.5);
  EXPECT_DOUBLE_EQ(schedule_factor({LinearSchedule{}}, 0.2, 9, 10), 0.125);
}

TEST(Schedule, ConstantAndCosineWithoutWarmUp) {
  for (int64_t step = 0; step < 5; ++step) EXPECT_EQ(schedule_factor({ConstantSchedule{}}, 0, step, 5), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor({CosineSchedule{}}, 0, 0, 4), 1.0);
  EXPECT_NEAR(schedule_factor({CosineSchedule{}}, 0, 2, 4), 0.5, 1e-15);
}

TEST(Schedule, FactorsEqualTorchs) {
  const Json golden = parse_json(read_file("tests/optim/fixtures/optim_golden.json"), "optim_golden.json");
  for (const Json& one : golden.at("schedules").as_array()) {
    ScheduleOptions schedule;
    read_options(one.at("schedule"), "optim_golden.json", schedule);
    SCOPED_TRACE(kScheduleNames[schedule.kind.index()]);
    const std::vector<double> expected = one.at("factors").as_doubles();
    for (size_t step = 0; step < expected.size(); ++step) {
      EXPECT_NEAR(
          schedule_factor(schedule, one.at("warmup").as_double(), static_cast<int64_t>(step), one.at("steps").as_int()),
          expected[step], 1e-12);
    }
  }
}

TEST(Schedule, PlateauFallsWhenTorchsDoes) {
  const Json golden = parse_json(read_file("tests/optim/fixtures/optim_golden.json"), "optim_golden.json");
  for (const Json& one : golden.at("plateaus").as_array()) {
    Plateau plateau({.factor = 0.3, .patience = 1, .threshold = 1e-3, .least = 0.05});
    const std::vector<double> figures = one.at("figures").as_doubles(), expected = one.at("factors").as_doubles();
    for (size_t i = 0; i < figures.size(); ++i) {
      const double before = plateau.state().factor;
      const bool fell = plateau.evaluated(figures[i], one.at("higher_is_better").as_bool());
      EXPECT_NEAR(plateau.state().factor, expected[i], 1e-12) << i;
      EXPECT_EQ(fell, plateau.state().factor < before);
    }
  }
}

TEST(Schedule, OfAFigureBelowZeroAPlateauIsWhatDoesNotGetBetterByAShareOfItsSize) {
  for (const bool higher_is_better : {false, true}) {
    const double better = higher_is_better ? 1.0 : -1.0;
    Plateau plateau({.factor = 0.5, .patience = 0, .threshold = 1e-2});
    EXPECT_FALSE(plateau.evaluated(-2.0, higher_is_better));
    EXPECT_TRUE(plateau.evaluated(-2.0, higher_is_better)) << "the same figure is no improvement";
    EXPECT_TRUE(plateau.evaluated(-2.0 + 0.01 * better, higher_is_better)) << "nor is half a hundredth of it";
    EXPECT_FALSE(plateau.evaluated(-2.0 + 0.03 * better, higher_is_better));
    EXPECT_EQ(plateau.state().factor, 0.25);
  }
}

TEST(Schedule, AScheduleIsANameOrAMapping) {
  ScheduleOptions schedule;
  read_options(Json("cosine"), "run.yaml", schedule);
  EXPECT_TRUE(std::holds_alternative<CosineSchedule>(schedule.kind));
  read_options(Json{{"kind", "polynomial"}, {"power", 3}}, "run.yaml", schedule);
  EXPECT_EQ(std::get<PolynomialSchedule>(schedule.kind).power, 3);
  test::message_of(Code::kConfig, [&] { read_options(Json{{"kind", "linear"}, {"power", 3}}, "run.yaml", schedule); });
}

TEST(Schedule, OneStepRunMoves) { EXPECT_EQ(schedule_factor({LinearSchedule{}}, 0.06, 0, 1), 1.0); }

}  // namespace
}  // namespace rift::optim
