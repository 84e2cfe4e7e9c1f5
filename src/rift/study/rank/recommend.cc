#include "rift/study/rank/recommend.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/metrics/folds.h"
#include "rift/study/rank/scores.h"
#include "rift/study/report/figure_text.h"

namespace rift::study {
namespace {

constexpr double kLevel = 0.95;

Recommendation::Other compare(const Candidate& best, const Candidate& other, double level) {
  RIFT_CHECK(best.folds.size() == other.folds.size());
  std::vector<double> differences;
  for (size_t fold = 0; fold < best.folds.size(); ++fold) differences.push_back(best.folds[fold] - other.folds[fold]);
  Recommendation::Other result;
  result.behind = metrics::mean_over_folds(differences, level);
  result.within_noise = result.behind.low <= 0.0;
  if (best.rows_per_second > 0.0) result.times_as_fast = other.rows_per_second / best.rows_per_second;
  return result;
}

std::string joined(const std::vector<Candidate>& candidates, const std::vector<size_t>& chosen) {
  std::vector<std::string> names;
  for (const size_t candidate : chosen) names.push_back(candidates[candidate].name);
  return fmt::format("{}", fmt::join(names, sentence("rank.and")));
}

/// The choice itself, one sentence.
std::string choice_text(const std::vector<Candidate>& candidates, const Recommendation& found,
                        const std::string& metric) {
  const Candidate& best = candidates[found.best];
  const metrics::Estimate figure = mean_figure(best.folds, metric);
  const auto say = [&](std::string_view key, const auto&... more) {
    return sentence(key, fmt::arg("best", best.name), fmt::arg("metric", sentence("rank." + metric)),
                    fmt::arg("value", shown(figure.value)), fmt::arg("low", shown(figure.low)),
                    fmt::arg("high", shown(figure.high)), more...);
  };
  std::vector<size_t> level;
  for (const Recommendation::Other& other : found.others) {
    if (other.within_noise) level.push_back(other.candidate);
  }
  if (candidates.size() == 1) return say("rank.only");
  if (level.empty()) return say("rank.clear");
  if (found.take == found.best) return say("rank.level", fmt::arg("others", joined(candidates, level)));
  const Recommendation::Other& taken = *found.find(found.take);
  return say("rank.cheaper", fmt::arg("take", candidates[found.take].name),
             fmt::arg("difference", shown(taken.behind.value)), fmt::arg("to", shown(taken.behind.high)),
             fmt::arg("times", fmt::format("{:.1f}", taken.times_as_fast)));
}

}  // namespace

const Recommendation::Other* Recommendation::find(size_t candidate) const {
  const auto found = std::ranges::find(others, candidate, &Other::candidate);
  return found == others.end() ? nullptr : &*found;
}

std::optional<Recommendation> recommend(const std::vector<Candidate>& candidates) {
  if (candidates.empty()) return std::nullopt;
  Recommendation found;
  for (size_t i = 1; i < candidates.size(); ++i) {
    if (metrics::mean_of(candidates[i].folds) > metrics::mean_of(candidates[found.best].folds)) found.best = i;
  }
  found.take = found.best;
  double fastest = kMuchFaster;
  const double level = 1.0 - (1.0 - kLevel) / std::max(1.0, static_cast<double>(candidates.size()) - 1.0);
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (i == found.best) continue;
    Recommendation::Other other = compare(candidates[found.best], candidates[i], level);
    other.candidate = i;
    if (other.within_noise && other.behind.value <= kSmallGap && other.times_as_fast >= fastest) {
      fastest = other.times_as_fast;
      found.take = i;
    }
    found.others.push_back(other);
  }
  return found;
}

std::string recommendation_text(const std::vector<Candidate>& candidates, const Recommendation& recommendation,
                                const std::string& metric, double chance) {
  std::string text = choice_text(candidates, recommendation, metric);
  if (mean_figure(candidates[recommendation.best].folds, metric).low <= chance)
    text += " " + sentence("rank.chance", fmt::arg("chance", shown(chance)));
  const Candidate& taken = candidates[recommendation.take];
  const auto warn = [&](std::string_view key, double share) {
    text += " " + sentence(key, fmt::arg("take", taken.name), fmt::arg("share", fmt::format("{:.0f} %", 100 * share)));
  };
  if (taken.unknown_share >= kManyUnknown) warn("rank.unfit", taken.unknown_share);
  if (taken.cut_share >= kManyCut) warn("rank.many_cut", taken.cut_share);
  return text;
}

}  // namespace rift::study
