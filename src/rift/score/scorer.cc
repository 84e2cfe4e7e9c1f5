#include "rift/score/scorer.h"

#include <cmath>

namespace rift::score {

size_t central_level(const std::vector<double>& levels) {
  size_t central = 0;
  for (size_t i = 1; i < levels.size(); ++i) {
    if (std::abs(levels[i] - 0.5) < std::abs(levels[central] - 0.5)) central = i;
  }
  return central;
}

std::vector<double> point_predictions(const RawScores& raw) {
  if (raw.levels.empty()) return raw.values;
  std::vector<double> points;
  for (size_t at = central_level(raw.levels); at < raw.values.size(); at += raw.levels.size())
    points.push_back(raw.values[at]);
  return points;
}

}  // namespace rift::score
