#include "rift/study/score_scale.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rift::study {
namespace {

score::RawScores wave(int64_t rows, int64_t outputs, double level, double spread) {
  score::RawScores raw{.rows = rows, .outputs = outputs, .values = {}};
  for (int64_t i = 0; i < rows * outputs; ++i) {
    raw.values.push_back(level * static_cast<double>(i % outputs + 1) + spread * std::sin(static_cast<double>(i)));
  }
  return raw;
}

TEST(ScoreScale, BringsLogOddsToTheLevelAndSpreadOfTheOther) {
  const score::RawScores timid = wave(50, 1, -0.5, 0.1);
  const score::RawScores sure = wave(50, 1, -1.5, 2.0);
  score::RawScores moved = timid;
  ScoreScale(data::Task::kBinary, timid, sure).apply(moved);
  for (size_t i = 0; i < 50; ++i) EXPECT_NEAR(moved.values[i], sure.values[i], 1e-9) << i;
}

TEST(ScoreScale, KeepsTheOrderOfRows) {
  const score::RawScores timid = wave(50, 1, 0.0, 0.1);
  score::RawScores moved = wave(7, 1, 3.0, 0.5);
  const score::RawScores before = moved;
  ScoreScale(data::Task::kBinary, timid, wave(50, 1, 1.0, 0.7)).apply(moved);
  for (size_t a = 0; a < 7; ++a) {
    for (size_t b = 0; b < 7; ++b) EXPECT_EQ(before.values[a] < before.values[b], moved.values[a] < moved.values[b]);
  }
}

TEST(ScoreScale, SeveralClassesShareOneSpreadSoThatTheirDifferencesScaleAlike) {
  const score::RawScores timid = wave(60, 3, 0.2, 0.1);
  const score::RawScores sure = wave(60, 3, 0.6, 0.5);
  score::RawScores moved = timid;
  ScoreScale(data::Task::kMulticlass, timid, sure).apply(moved);
  for (size_t i = 0; i < moved.values.size(); ++i) EXPECT_NEAR(moved.values[i], sure.values[i], 1e-9);
}

TEST(ScoreScale, LeavesAlonePredictionsFewRowsAndConstants) {
  for (const auto& [task, from] : {std::pair{data::Task::kRegression, wave(50, 1, 0.0, 0.1)},
                                   {data::Task::kBinary, wave(19, 1, 0.0, 0.1)},
                                   {data::Task::kBinary, wave(50, 1, 0.3, 0.0)}}) {
    score::RawScores moved = wave(5, 1, 0.0, 1.0);
    const score::RawScores before = moved;
    ScoreScale(task, from, wave(from.rows, 1, 1.0, 3.0)).apply(moved);
    EXPECT_EQ(moved.values, before.values);
  }
}

}  // namespace
}  // namespace rift::study
