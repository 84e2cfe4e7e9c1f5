#include "rift/study/judgement.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "rift/base/error.h"
#include "rift/base/progress.h"
#include "rift/metrics/holm.h"
#include "rift/study/scoring.h"
#include "rift/validate/repeated_runs.h"

namespace rift::study {
namespace {

/// The judged runs of one model and what they point to, which must not move.
struct JudgedModel {
  std::vector<std::unique_ptr<Judged>> held;
  std::vector<validate::JudgedRun> runs;
};

JudgedModel judged(const Contest& contest, const ComparedModel& model) {
  JudgedModel result;
  std::map<std::pair<int64_t, int64_t>, int64_t> groups;
  for (const ModelRun& run : model.runs) {
    const Parts& parts = contest.parts[run.split];
    const auto group = groups.try_emplace({parts.repeat, run.seed}, static_cast<int64_t>(groups.size())).first->second;
    result.held.push_back(std::make_unique<Judged>(contest.dataset, parts.test, run.test, run.calibrator));
    result.runs.push_back({.rows = result.held.back()->rows(), .row = parts.test, .group = group});
  }
  return result;
}

/// Bad rates among the approved, means over the runs.
Json mean_approval(const std::vector<validate::JudgedRun>& runs) {
  Json mean = validate::curves(runs.front().rows).at("approval");
  for (size_t r = 1; r < runs.size(); ++r) {
    const Json curves = validate::curves(runs[r].rows);
    for (size_t i = 0; i < mean.size(); ++i) {
      Json& into = mean.as_array()[i]["bad_rate"];
      const Json& value = curves.at("approval").at(i).at("bad_rate");
      if (into.is_null() || value.is_null())
        into = nullptr;
      else
        into = into.as_double() + value.as_double();
    }
  }
  for (Json& row : mean.as_array()) {
    if (!row.at("bad_rate").is_null())
      row["bad_rate"] = row.at("bad_rate").as_double() / static_cast<double>(runs.size());
  }
  return mean;
}

Json runs_json(const Contest& contest, const ComparedModel& model, const JudgedModel& judgement) {
  const MainFigure main = main_figure(contest.dataset.schema.task);
  Json runs = Json::array();
  for (size_t r = 0; r < model.runs.size(); ++r) {
    const ModelRun& run = model.runs[r];
    const validate::Evaluation plain = validate::evaluate(judgement.runs[r].rows, {.replicates = 0});
    const validate::Figure* figure = plain.find(main.name);
    runs.push_back(Json{{"split", contest.parts[run.split].split.digest},
                        {"seed", run.seed},
                        {main.name, figure->value ? Json(figure->value->value) : Json(nullptr)}});
  }
  return runs;
}

double mean_of(const std::vector<ModelRun>& runs, double ModelRun::*value) {
  double sum = 0.0;
  for (const ModelRun& run : runs) sum += run.*value;
  return sum / static_cast<double>(runs.size());
}

Json model_json(const Contest& contest, const ComparedModel& model, const JudgedModel& judgement) {
  const ModelRun& first = model.runs.front();
  Json json = Json::object();
  json["name"] = model.name;
  json["metrics"] = Json{{"test", validate::to_json(validate::evaluate_runs(judgement.runs))}};
  if (contest.dataset.schema.task == data::Task::kBinary) json["approval"] = mean_approval(judgement.runs);
  json["train_seconds"] = mean_of(model.runs, &ModelRun::train_seconds);
  json["train_seconds_total"] = json.at("train_seconds").as_double() * static_cast<double>(model.runs.size());
  json["train_runs"] = static_cast<int64_t>(model.runs.size());
  json["score_rows_per_second"] = mean_of(model.runs, &ModelRun::score_rows_per_second);
  json["tries"] = first.tries;
  if (!first.judged_by.is_null()) json["judged_by"] = first.judged_by;
  json["settings"] = first.settings;
  json["calibrated_on"] = calibrated_on_name(first.calibrated_on);
  if (!first.summary.is_null()) json["summary"] = first.summary;
  if (model.runs.size() > 1) json["runs"] = runs_json(contest, model, judgement);
  return json;
}

Json test_json(const Contest& contest) {
  std::vector<uint8_t> tested(static_cast<size_t>(contest.dataset.rows()));
  for (const Parts& parts : contest.parts) {
    for (const int64_t row : parts.test) tested[static_cast<size_t>(row)] = 1;
  }
  int64_t rows = 0;
  int64_t bad = 0;
  for (size_t row = 0; row < tested.size(); ++row) {
    rows += tested[row];
    bad += tested[row] != 0 && contest.dataset.label[row] == 1.0;
  }
  Json json = Json{{"rows", rows}};
  if (contest.dataset.schema.task == data::Task::kBinary) json["bad"] = bad;
  return json;
}

/// What is not defined is null.
Json pair_json(const std::string& a, const std::string& b, const validate::PairedDifference& d) {
  const auto of_noise = [&](double validate::PairedDifference::Noise::*figure) {
    return d.noise ? Json((*d.noise).*figure) : Json();
  };
  return Json{{"a", a},
              {"b", b},
              {"metric", d.metric},
              {"difference", d.difference ? Json(*d.difference) : Json()},
              {"low", of_noise(&validate::PairedDifference::Noise::low)},
              {"high", of_noise(&validate::PairedDifference::Noise::high)},
              {"p", of_noise(&validate::PairedDifference::Noise::p)}};
}

Json pairs_json(const std::vector<ComparedModel>& models, const std::vector<JudgedModel>& judgements) {
  Json pairs = Json::array();
  std::vector<double> p_values;
  for (size_t a = 0; a < models.size(); ++a) {
    for (size_t b = a + 1; b < models.size(); ++b) {
      const validate::PairedDifference d = validate::compare_runs(judgements[a].runs, judgements[b].runs);
      pairs.push_back(pair_json(models[a].name, models[b].name, d));
      if (d.noise) p_values.push_back(d.noise->p);
    }
  }
  const std::vector<double> corrected = metrics::holm(p_values);
  size_t next = 0;
  for (Json& pair : pairs.as_array()) pair["p_holm"] = pair.at("p").is_null() ? Json() : Json(corrected.at(next++));
  return pairs;
}

Json best_of(const Json& models, const MainFigure& main) {
  Json best;
  double value = 0.0;
  for (const Json& model : models.as_array()) {
    const Json& figure = model.at("metrics").at("test").at(main.name);
    if (figure.is_null()) continue;
    const double its = main.more_is_better ? figure.at("value").as_double() : -figure.at("value").as_double();
    if (best.is_null() || its > value) {
      best = model.at("name");
      value = its;
    }
  }
  return best;
}

}  // namespace

MainFigure main_figure(data::Task task) {
  switch (task) {
    case data::Task::kBinary:
      return {"auc", true};
    case data::Task::kMulticlass:
    case data::Task::kOrdinal:
    case data::Task::kMultilabel:
      return {"log_loss", false};
    case data::Task::kRegression:
      return {"rmse", false};
  }
  RIFT_CHECK(false);
  return {};
}

MainFigure main_figure(std::string_view task_name) {
  const auto task = value_named<data::Task>(task_name);
  RIFT_REQUIRE(task, Code::kArtefact, "'{}' is no task", shorten(task_name));
  return main_figure(*task);
}

std::string_view calibrated_on_name(CalibratedOn where) {
  constexpr std::array<std::string_view, 5> kNames = {"nothing", "calibration part", "out-of-fold scores",
                                                      "validation part",
                                                      "out-of-fold scores that its weights were fitted on"};
  return kNames.at(static_cast<size_t>(where));
}

Json judge(const Contest& contest) {
  std::vector<JudgedModel> judgements;
  Json models = Json::array();
  {
    Progress progress("judging", static_cast<int64_t>(contest.models.size()), "models");
    for (const ComparedModel& model : contest.models) {
      judgements.push_back(judged(contest, model));
      models.push_back(model_json(contest, model, judgements.back()));
      progress.advance();
    }
  }
  Json json = Json::object();
  json["split"] = digest_of(contest.parts);
  json["task"] = data::task_name(contest.dataset.schema.task);
  json["has_text"] = !contest.dataset.schema.features(data::Kind::kText).empty();
  json["test"] = test_json(contest);
  json["best"] = best_of(models, main_figure(contest.dataset.schema.task));
  json["models"] = std::move(models);
  json["pairs"] = pairs_json(contest.models, judgements);
  return json;
}

Json curves_of(const Contest& contest) {
  Json curves = Json::object();
  for (const ComparedModel& model : contest.models) {
    const ModelRun& run = model.runs.front();
    const Judged rows(contest.dataset, contest.parts[run.split].test, run.test, run.calibrator);
    curves[model.name] = validate::curves(rows.rows());
  }
  return curves;
}

}  // namespace rift::study
