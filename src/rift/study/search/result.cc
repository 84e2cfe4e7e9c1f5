#include "rift/study/search/result.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "rift/base/error.h"
#include "rift/search/importance.h"
#include "rift/search/pareto.h"
#include "rift/search/study.h"
#include "rift/study/run/kept_scores.h"
#include "rift/study/search/optimism.h"
#include "rift/study/search/trial_run.h"

namespace rift::study {
namespace {

using search::Trial;
using search::TrialState;

std::vector<search::Direction> directions_of(const SearchFacts& facts) {
  std::vector<search::Direction> directions;
  for (const SearchMetric& metric : facts.metrics) directions.push_back(metric.direction);
  return directions;
}

/// JSON has no infinity; a study that another program began may hold one.
Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(); }

/// Those that told the metric are reported; how many there were in all is noted where some did not.
int64_t evaluations_of(const Trial& trial) {
  const auto reported = static_cast<int64_t>(trial.intermediate.size());
  const Json* noted = trial.user_attribute(kEvaluations);
  return noted != nullptr && noted->is_integer() ? std::max(noted->as_int(), reported) : reported;
}

/// Settings that the validation rows were asked about: one, however often its trial was killed and taken up again.
int64_t saw_validation(const std::vector<Trial>& trials) {
  std::set<int64_t> saw;
  for (const Trial& trial : trials) {
    if (trial.state == TrialState::kComplete || evaluations_of(trial) > 0) saw.insert(first_try(trial));
  }
  return static_cast<int64_t>(saw.size());
}

Json trial_json(const Trial& trial) {
  Json settings = Json::object();
  for (const auto& [name, parameter] : trial.parameters) settings[name] = parameter.external();
  Json values = Json::array();
  for (const double value : trial.values) values.push_back(finite(value));
  Json json = {{"number", trial.number},
               {"state", name_of(trial.state)},
               {"settings", std::move(settings)},
               {"values", std::move(values)},
               {"evaluations", evaluations_of(trial)}};
  if (const Json* why = trial.user_attribute(search::kWhyFailed)) json["why"] = *why;
  return json;
}

Json counts_json(const std::vector<Trial>& trials) {
  const auto count = [&](TrialState state) {
    return static_cast<int64_t>(std::ranges::count(trials, state, &Trial::state));
  };
  return Json{{"complete", count(TrialState::kComplete)},
              {"pruned", count(TrialState::kPruned)},
              {"failed", count(TrialState::kFail)},
              {"running", count(TrialState::kRunning)},
              {"waiting", count(TrialState::kWaiting)}};
}

Json parameters_json(const SearchFacts& facts) {
  const std::vector<search::Importance> importance = importance_of(facts.space, facts.trials, 0);
  Json parameters = Json::array();
  for (const search::Dimension& dimension : facts.space.dimensions()) {
    const auto found = std::ranges::find(importance, dimension.name, &search::Importance::parameter);
    parameters.push_back({{"name", dimension.name},
                          {"log", dimension.distribution.log},
                          {"choice", dimension.distribution.is_categorical()},
                          {"importance", found == importance.end() ? Json() : Json(found->share)}});
  }
  return parameters;
}

/// Whether scores that are kept are those that gave the study's value.
bool is_value_of(const ScoredFigures& scored, const SearchMetric& metric, double value) {
  return std::abs(scored.value(metric.name) - value) <= 1e-9 * std::max(1.0, std::abs(value));
}

/// What the winner's figure owes to being the best of many, as far as the trials' scores lie here; null where the
/// winner's do not.
Json optimism_json(const SearchFacts& facts) {
  const SearchMetric& metric = facts.metrics.front();
  const Trial* winner = winner_of(facts);
  if (winner == nullptr || metric.name == kLossMetric) return Json();
  std::vector<ScoredFigures> scored;
  std::optional<size_t> place;
  const std::vector<int64_t>& rows = facts.parts.fit.validation;
  for (const auto& [number, file] : facts.scores) {
    const std::vector<score::RawScores> raw = read_kept_scores(file, 1);
    if (raw.front().rows != static_cast<int64_t>(rows.size())) continue;
    scored.emplace_back(facts.dataset, rows, raw.front());
    if (number != winner->number) continue;
    if (!is_value_of(scored.back(), metric, winner->values.front())) return Json();
    place = scored.size() - 1;
  }
  if (!place) return Json();
  const std::optional<Optimism> found = optimism_of(scored, *place, static_cast<int64_t>(rows.size()), metric);
  if (!found) return Json();
  return Json{{"metric", metric.name},       {"trials", found->trials},       {"replicates", found->replicates},
              {"apparent", found->apparent}, {"corrected", found->corrected}, {"low", found->low},
              {"high", found->high},         {"optimism", found->optimism}};
}

}  // namespace

const Trial* winner_of(const SearchFacts& facts) {
  const Trial* best = nullptr;
  const search::Direction direction = facts.metrics.front().direction;
  for (const Trial* trial : search::pareto_front(facts.trials, directions_of(facts))) {
    const auto loss = [&](const Trial* one) { return search::as_loss(one->values.front(), direction); };
    if (best == nullptr || loss(trial) < loss(best)) best = trial;
  }
  return best;
}

Json search_json(const SearchFacts& facts) {
  Json metrics = Json::array();
  for (const SearchMetric& metric : facts.metrics) {
    metrics.push_back({{"name", metric.name}, {"direction", name_of(metric.direction)}});
  }
  Json trials = Json::array(), front = Json::array();
  for (const Trial& trial : facts.trials) trials.push_back(trial_json(trial));
  for (const Trial* trial : search::pareto_front(facts.trials, directions_of(facts))) front.push_back(trial->number);
  const Trial* winner = winner_of(facts);
  return Json{{"study", facts.study},
              {"sampler", search::kSamplerNames[facts.options.sampler.kind.index()]},
              {"pruner", search::kPrunerNames[facts.options.pruner.kind.index()]},
              {"metrics", std::move(metrics)},
              {"validation_rows", static_cast<int64_t>(facts.parts.fit.validation.size())},
              {"counts", counts_json(facts.trials)},
              {"saw_validation", saw_validation(facts.trials)},
              {"parameters", parameters_json(facts)},
              {"trials", std::move(trials)},
              {"winner", winner == nullptr ? Json() : Json(winner->number)},
              {"front", std::move(front)},
              {"optimism", optimism_json(facts)}};
}

Json with_test_figures(Json search, const Json& metrics) {
  search["test"] = metrics.at("test");
  return search;
}

std::string settings_text(const Trial& trial) {
  std::string text;
  for (const auto& [name, parameter] : trial.parameters) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, parameter.external().written());
  }
  return text;
}

}  // namespace rift::study
