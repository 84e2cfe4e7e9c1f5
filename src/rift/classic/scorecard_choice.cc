#include "rift/base/error.h"
#include "rift/classic/feature_columns.h"
#include "rift/classic/scorecard.h"

namespace rift::classic {
namespace {

constexpr size_t kCheapRows = 100'000;

/// From few broad bins for few rows to many bins without a trend for many.
std::vector<ScorecardOptions> settings() {
  using enum Trend;
  return {
      {.binning = {.trend = kMonotone, .max_bins = 8, .min_bin_share = 0.03}},
      {.binning = {.trend = kMonotone, .max_bins = 5, .min_bin_share = 0.05}, .l2 = 10},
      {.binning = {.trend = kTurning, .max_bins = 8, .min_bin_share = 0.03}, .l2 = 3},
      {.binning = {.trend = kMonotone, .max_bins = 12, .min_bin_share = 0.01}, .min_information_value = 0.005},
      {.binning = {.trend = kTurning, .max_bins = 12, .min_bin_share = 0.02}, .min_information_value = 0.005},
      {.binning = {.trend = kTurning, .max_bins = 20, .min_bin_share = 0.01, .pre_bins = 100},
       .min_information_value = 0.001},
      {.binning = {.trend = kFree, .max_bins = 20, .min_bin_share = 0.01, .max_p_value = 0.1, .pre_bins = 100},
       .min_information_value = 0.001},
      {.binning = {.trend = kFree,
                   .max_bins = 30,
                   .min_bin_share = 0.005,
                   .smoothing = 20,
                   .pre_bins = 100,
                   .rare_share = 0.002},
       .min_information_value = 0.001},
  };
}

}  // namespace

Choice<ScorecardOptions> choose_scorecard(const data::Dataset& dataset, std::span<const int64_t> train,
                                          std::span<const int64_t> validation, int64_t tries) {
  const std::vector<ChoiceFold> folds = choice_folds(dataset, train, validation, kCheapRows);
  std::vector<ScorecardOptions> options = settings();
  RIFT_CHECK(tries >= 1);
  options.resize(std::min(options.size(), static_cast<size_t>(tries)));
  Choice<ScorecardOptions> choice{.options = {}, .tries = {}, .judges = judges_of(folds, validation)};
  for (const ScorecardOptions& setting : options) choice.tries.push_back({.settings = write_options(setting)});
  std::vector<data::Table> held_out;
  for (const ChoiceFold& fold : folds) held_out.push_back(data::take(dataset.table, fold.validation));
  const size_t best = choose_best(dataset.schema.task, folds.size(), choice.tries, "scorecard: settings",
                                  [&](size_t setting, size_t fold) {
                                    const auto card = Scorecard::fit(dataset, folds[fold].train, options[setting]);
                                    return choice_value(dataset, folds[fold].validation, card->score(held_out[fold]));
                                  });
  choice.options = options[best];
  return choice;
}

}  // namespace rift::classic
