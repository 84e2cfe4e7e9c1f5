#include <algorithm>
#include <array>
#include <initializer_list>

#include "rift/base/count_text.h"
#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/package/format/manifest.h"
#include "rift/package/loaders.h"
#include "rift/report/charts.h"
#include "rift/report/page.h"
#include "rift/study/compare.h"
#include "rift/study/curve/result.h"
#include "rift/study/early_stopping.h"
#include "rift/study/judgement.h"
#include "rift/study/learner.h"
#include "rift/study/loss_note.h"
#include "rift/study/report/data.h"
#include "rift/study/report/figure_text.h"
#include "rift/study/report/sections.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/place.h"
#include "rift/study/search/result.h"
#include "rift/study/verdict.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;
using report::Page;

using Keys = std::initializer_list<const char*>;

/// A file of a run's directory with the keys that the page is made of.
Json read_json(const fs::path& file, Keys keys) {
  Json json = rift::read_json(file);
  for (const char* key : keys) {
    RIFT_REQUIRE(json.contains(key), Code::kArtefact,
                 "{}: key '{}' is missing, so it is not as rift wrote it; make the run again (--overwrite)",
                 file.string(), key);
  }
  return json;
}

constexpr Keys kDataKeys = {"task",   "rows",  "features", "classes", "columns", "split",
                            "splits", "leaks", "notes",    "curves",  "inside"};

std::string subtitle(const Json& data, const std::string& split) {
  return sentence("report.subtitle", fmt::arg("rows", count_text(data.at("rows").as_int())),
                  fmt::arg("features", data.at("features").as_int()), fmt::arg("split", split.substr(0, 12)));
}

std::vector<std::string> class_names(const Json& data) {
  std::vector<std::string> names;
  for (const Json& name : data.at("classes").as_array()) names.push_back(name.as_string());
  return names;
}

/// The figures beside the main one that fit on a page; all of them are folded away below.
bool is_shown_beside(std::string_view name) {
  constexpr std::array<std::string_view, 13> kBeside = {"ks",       "brier",    "log_loss", "ece", "accuracy",
                                                        "macro_f1", "mae",      "r2",       "qwk", "rps",
                                                        "pinball",  "coverage", "deviance"};
  return std::find(kBeside.begin(), kBeside.end(), name) != kBeside.end();
}

std::vector<std::string> figures_beside(const Json& test, std::string_view main) {
  std::vector<std::string> names;
  for (const Json::Member& member : test.as_object()) {
    const bool of_classes = member.key == "accuracy" || member.key == "macro_f1";
    if (member.key == main || !is_shown_beside(member.key) || (of_classes && main == "auc")) continue;
    names.push_back(member.key);
  }
  return names;
}

void add_interval_chart(Page& page, const Json& models, const std::string& main) {
  report::IntervalChartSpec chart{
      .names = {}, .value = {}, .low = {}, .high = {}, .x_title = sentence("table." + main)};
  for (const Json& model : models.as_array()) {
    const Json& figure = model.at("metrics").at("test").at(main);
    if (figure.is_null() || figure.at("low").is_null()) continue;
    chart.names.push_back(model_caption(model.at("name").as_string()));
    chart.value.push_back(figure.at("value").as_double());
    chart.low.push_back(figure.at("low").as_double());
    chart.high.push_back(figure.at("high").as_double());
  }
  if (chart.names.empty()) return;
  page.chart(report::interval_chart(chart),
             sentence("report.interval_caption", fmt::arg("metric", sentence("table." + main))));
}

/// The names of the figures of any model: those of a model of quantiles, say, are more than the others'.
std::vector<std::string> figures_of_all(const Json& models) {
  std::vector<std::string> names;
  for (const Json& model : models.as_array()) {
    for (const Json::Member& member : model.at("metrics").at("test").as_object()) {
      if (member.key != "rows" && std::ranges::find(names, member.key) == names.end()) names.push_back(member.key);
    }
  }
  return names;
}

/// Every figure of every model with its interval.
void add_all_figures(Page& page, const Json& models) {
  Page::TableSpec table{.columns = {sentence("chart.metric")}, .rows = {}, .caption = {}};
  for (const Json& model : models.as_array()) table.columns.push_back(model_caption(model.at("name").as_string()));
  for (const std::string& name : figures_of_all(models)) {
    std::vector<Page::Cell> row = {{sentence("table." + name)}};
    for (const Json& model : models.as_array()) {
      const Json& test = model.at("metrics").at("test");
      row.push_back(number(fmt::format("{} ({})", figure_text(test, name), interval_text(test, name))));
    }
    table.rows.push_back(std::move(row));
  }
  page.folded_table(sentence("report.all_figures"), table);
}

void add_comparison(Page& page, const Json& compare) {
  const std::string main = main_figure(compare.at("task").as_string()).name;
  const Json& models = compare.at("models");
  const std::vector<std::string> beside = figures_beside(models.at(size_t{0}).at("metrics").at("test"), main);
  page.section(sentence("report.comparison"), "comparison");
  Page::TableSpec table{.columns = {sentence("table.model"), sentence("table." + main), sentence("table.interval")},
                        .rows = {},
                        .caption = sentence("report.comparison_caption",
                                            fmt::arg("rows", count_text(compare.at("test").at("rows").as_int())))};
  for (const std::string& name : beside) table.columns.push_back(sentence("table." + name));
  for (std::string& name : training_headings(models)) table.columns.push_back(std::move(name));
  table.columns.push_back(sentence("table.rows_per_second"));
  for (const Json& model : models.as_array()) {
    const bool best = model.at("name") == compare.at("best");
    const Json& test = model.at("metrics").at("test");
    std::vector<Page::Cell> row = {{model_caption(model.at("name").as_string()), false, best},
                                   number(figure_text(test, main), best),
                                   number(interval_text(test, main))};
    for (const std::string& name : beside) row.push_back(number(figure_text(test, name)));
    for (std::string& text : training_texts(models, model)) row.push_back(number(std::move(text)));
    row.push_back(number(count_text(static_cast<int64_t>(model.at("score_rows_per_second").as_double()))));
    table.rows.push_back(std::move(row));
  }
  page.table(table);
  add_interval_chart(page, models, main);
  add_all_figures(page, models);
}

void add_pairs(Page& page, const Json& pairs) {
  if (pairs.size() == 0) return;
  const std::string figure = pairs.at(size_t{0}).at("metric").as_string();
  const std::string metric = sentence("table." + figure);
  const auto difference = [&](const Json& value) -> std::string {
    if (value.is_null()) return "-";
    return figure == "mse" ? with_sign(shown_figure(figure, value.as_double()))
                           : fmt::format("{:+.4f}", value.as_double());
  };
  page.section(sentence("report.pairs"), "pairs");
  Page::TableSpec table{.columns = {sentence("table.pair"), sentence("table.difference"), sentence("table.interval"),
                                    sentence("table.p_value"), sentence("table.p_holm")},
                        .rows = {},
                        .caption = sentence("report.pairs_caption", fmt::arg("metric", metric))};
  for (const Json& pair : pairs.as_array()) {
    const bool has_noise = !pair.at("p_holm").is_null();
    const bool clear = has_noise && pair.at("p_holm").as_double() < 0.05;
    const auto p_value = [&](const char* key) {
      return has_noise ? fmt::format("{:.4f}", pair.at(key).as_double()) : std::string("-");
    };
    table.rows.push_back(
        {{fmt::format("{} - {}", model_caption(pair.at("a").as_string()), model_caption(pair.at("b").as_string())),
          false, clear},
         number(difference(pair.at("difference")), clear),
         number(has_noise ? sentence("table.from_to", fmt::arg("low", difference(pair.at("low"))),
                                     fmt::arg("high", difference(pair.at("high"))))
                          : "-"),
         number(p_value("p")),
         number(p_value("p_holm"))});
  }
  page.table(table);
}

void add_summary(Page& page, const Json& compare) {
  page.section(sentence("report.summary"), "summary");
  const Verdict verdict = verdict_of(compare);
  page.notice(verdict.text);
  for (const std::string& remark : verdict.remarks) page.paragraph(remark);
  for (const std::string& note : verdict.notes) page.paragraph(note);
  for (const Json& skipped : compare.at("skipped").as_array()) {
    page.paragraph(sentence("done.skipped_model", fmt::arg("model", model_caption(skipped.at("name").as_string())),
                            fmt::arg("why", skipped.at("why").as_string())));
  }
}

/// A comparison's curves come with its report data; the approval table is that of compare.json (means over runs).
CurvesSpec comparison_curves(const Json& compare, Json& data) {
  CurvesSpec spec{.models = {},
                  .best = compare.at("best").is_null() ? std::string() : compare.at("best").as_string(),
                  .amounts = compare.at("task").as_string() == data::task_name(data::Task::kRegression),
                  .classes = class_names(data)};
  for (const Json& model : compare.at("models").as_array()) {
    const std::string& name = model.at("name").as_string();
    Json* curves = data.at("curves").find(name) != nullptr ? data["curves"].find(name) : nullptr;
    if (curves != nullptr && model.contains("approval")) (*curves)["approval"] = model.at("approval");
    spec.models.push_back({name, curves});
  }
  return spec;
}

bool has_model(const Json& compare, std::string_view name) {
  const auto& models = compare.at("models").as_array();
  return std::any_of(models.begin(), models.end(), [&](const Json& model) { return model.at("name") == Json(name); });
}

Page comparison_page(const fs::path& directory) {
  const Json manifest = read_json(directory / "manifest.json", {"inputs"});
  check_results(directory, manifest);
  const Json compare =
      read_json(directory / "compare.json", {"task", "split", "models", "skipped", "pairs", "best", "test"});
  Json data = read_json(directory / "report.json", kDataKeys);
  Page page(sentence("report.comparison_title"), subtitle(data, compare.at("split").as_string()));
  add_summary(page, compare);
  add_comparison(page, compare);
  add_pairs(page, compare.at("pairs"));
  add_curves(page, comparison_curves(compare, data));
  if (has_model(compare, name_of(ModelKind::kFineTuned)))
    add_training(page, directory / "models" / "fine-tuned" / "log.jsonl");
  add_data(page, data, compare.at("split").as_string());
  add_inside(page, data.at("inside"));
  add_tries(page, compare.at("models"));
  add_policy(page, data.find("policy"));
  add_settings(page, read_file(directory / "run.yaml"));
  add_environment(page, manifest);
  add_footer(page, manifest);
  return page;
}

std::vector<std::pair<std::string, const Json*>> metric_parts(const Json& metrics) {
  std::vector<std::pair<std::string, const Json*>> parts;
  for (const char* part : {"test", "validation"}) {
    if (const Json* found = metrics.find(part)) parts.emplace_back(sentence(std::string("part.") + part), found);
  }
  return parts;
}

/// What other precisions than f32 do to the scores of a fine-tuned model.
void add_precisions(Page& page, const Json& summary) {
  const Json* changes = summary.find("precisions");
  if (changes == nullptr) return;
  for (const Json& change : changes->as_array()) {
    const bool possible = change.at("beyond_bounds").is_null();
    page.paragraph(precision_text(change, sentence(possible ? "report.precision_possible" : "report.precision_refused",
                                                   fmt::arg("precision", change.at("precision").as_string()))));
  }
}

Page run_page(const fs::path& directory) {
  const Json manifest = read_json(directory / "manifest.json", {"split", "inputs"});
  check_results(directory, manifest);
  const Json metrics = read_json(directory / "metrics.json", {"test"});
  const Json data = read_json(directory / "report.json", kDataKeys);
  const std::string& split = manifest.at("split").as_string();
  Page page(sentence("report.title"), subtitle(data, split));
  page.section(sentence("report.summary"), "summary");
  page.paragraph(model_caption("fine-tuned"));
  if (const std::string leaks = leakage_remark(metrics); !leaks.empty()) page.paragraph(leaks);
  add_metrics(page, metric_parts(metrics));
  if (const Json* summary = manifest.find("training")) {
    if (const std::string note = no_early_stopping_note("fine-tuned", *summary); !note.empty()) page.paragraph(note);
    for (const std::string& note : loss_notes("fine-tuned", *summary)) page.paragraph(note);
    add_precisions(page, *summary);
  }
  if (const fs::path search = directory / kSearchFile; fs::exists(search)) {
    add_search(page, with_test_figures(rift::read_json(search), metrics));
  }
  add_curves(page, {.models = {{"fine-tuned", data.at("curves").find("fine-tuned")}},
                    .best = "fine-tuned",
                    .amounts = data.at("task").as_string() == data::task_name(data::Task::kRegression),
                    .classes = class_names(data)});
  add_training(page, directory / "log.jsonl");
  add_data(page, data, split);
  add_policy(page, data.find("policy"));
  add_settings(page, read_file(directory / "run.yaml"));
  add_environment(page, manifest);
  add_footer(page, manifest);
  return page;
}

void add_package_columns(Page& page, const data::Schema& schema) {
  page.section(sentence("report.data"), "data");
  Page::TableSpec table{
      .columns = {sentence("table.column"), sentence("table.role"), sentence("table.kind")}, .rows = {}, .caption = {}};
  for (const data::Field& field : schema.fields) {
    table.rows.push_back(
        {{field.name}, {std::string(data::role_name(field.role))}, {std::string(data::kind_name(field.kind))}});
  }
  page.table(table);
}

/// Figures of a comparison are means over its splits, while a package is the model of the first one alone: says so.
void add_whose_figures(Page& page, const Json& training, const Json& metrics) {
  const Json* parts = training.find("parts");
  const Json* test = metrics.find("test");
  if (parts == nullptr || test == nullptr) return;
  for (const Json& part : parts->as_array()) {
    if (part.at("part").as_string() != data::part_name(data::Part::kTest) || part.at("rows") == test->at("rows")) {
      continue;
    }
    page.paragraph(sentence("report.package_splits", fmt::arg("rows", count_text(part.at("rows").as_int()))));
  }
}

Page package_page(const fs::path& directory) {
  const package::Package package = package::load_package(directory, package::all_loaders());
  Page page(sentence("report.title"), sentence("report.package_subtitle", fmt::arg("digest", package.digest)));
  page.section(sentence("report.summary"), "summary");
  page.paragraph(model_caption(package.scorer->name()));
  if (const Json* metrics = package.training.find("metrics"); metrics != nullptr && !metric_parts(*metrics).empty()) {
    add_metrics(page, metric_parts(*metrics));
    add_whose_figures(page, package.training, *metrics);
  }
  add_package_columns(page, package.schema);
  Json inside = Json::object();
  const Json of_model = inside_of(*package.scorer, package.calibrator, package.policy.points);
  if (!of_model.is_null()) inside[package.scorer->name()] = of_model;
  add_inside(page, inside);
  add_policy(page, package.training.find("policy"));
  Json provenance = package.training;
  for (const char* shown_above : {"metrics", "inside"}) provenance.erase(shown_above);
  page.section(sentence("report.settings"), "settings");
  page.details("rift.json", to_yaml_text(provenance));
  add_environment(page, read_json(directory / "manifest.json", {"environment"}).at("environment"));
  add_footer(page, package::describe_environment());
  return page;
}

Page curve_page(const fs::path& directory) {
  const Json manifest = read_json(directory / "manifest.json", {"inputs"});
  check_results(directory, manifest);
  const Json curve = read_json(directory / kCurveFile,
                               {"task", "split", "metric", "sizes", "seeds", "models", "pairs", "skipped", "test"});
  const Json data = read_json(directory / "report.json", kDataKeys);
  Page page(sentence("curve.report_title"), subtitle(data, curve.at("split").as_string()));
  add_learning_curve(page, curve);
  if (const std::string leaks = leakage_remark(curve); !leaks.empty()) page.paragraph(leaks);
  add_data(page, data, curve.at("split").as_string());
  add_settings(page, read_file(directory / "run.yaml"));
  add_environment(page, manifest);
  add_footer(page, manifest);
  return page;
}

}  // namespace

void write_report(const fs::path& directory, const fs::path& out) {
  package::require_outside_of_packages(out);
  if (fs::exists(directory / "compare.json")) return comparison_page(directory).write(out);
  if (fs::exists(directory / "metrics.json")) return run_page(directory).write(out);
  if (fs::exists(directory / kCurveFile)) return curve_page(directory).write(out);
  if (fs::exists(directory / "rift.json")) return package_page(directory).write(out);
  RIFT_FAIL(Code::kArtefact,
            "{}: no compare.json, metrics.json, curve.json or rift.json in it; expected the directory of a comparison, "
            "run or "
            "learning curve, or a package",
            directory.string());
}

}  // namespace rift::study
