#include "rift/study/report/sections.h"

#include <algorithm>

#include "rift/base/count_text.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/report/charts.h"
#include "rift/study/learner.h"
#include "rift/study/report/figure_text.h"

namespace rift::study {
namespace {

using report::Page;

/// Settings on one line: "leaves 7, learning_rate 0.03".
std::string on_one_line(const Json& settings) {
  if (!settings.is_object()) return to_json_text(settings);
  std::string text;
  for (const Json::Member& member : settings.as_object()) {
    if (!text.empty()) text += ", ";
    text += member.key + " ";
    text += member.value.is_object() ? "(" + on_one_line(member.value) + ")" : member.value.written();
  }
  return text;
}

struct TrainingLog {
  report::Series loss, task_loss, anchor_loss;
  std::vector<Json> evaluations;  // {"step", "validation": {metric: value}, "best"}
};

TrainingLog read_log(const std::filesystem::path& file) {
  TrainingLog log;
  const std::string text = read_file(file);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (line.empty()) continue;
    const Json record = parse_json(line, file.string());
    const Json* step = record.find("step");
    if (step == nullptr) continue;
    if (record.contains("validation")) {
      log.evaluations.push_back(record);
      continue;
    }
    for (const auto& [key, series] :
         {std::pair{"loss", &log.loss}, {"loss_task", &log.task_loss}, {"loss_anchor", &log.anchor_loss}}) {
      const Json* value = record.find(key);
      if (value == nullptr || !value->is_number()) continue;
      series->x.push_back(step->as_double());
      series->y.push_back(value->as_double());
    }
  }
  return log;
}

/// At most `points` points, each the mean of as many steps: what the eye can follow.
report::Series thinned(const report::Series& series, size_t points) {
  if (series.x.size() <= points) return series;
  report::Series thin{.name = series.name, .x = {}, .y = {}};
  for (size_t i = 0; i < points; ++i) {
    const size_t begin = i * series.x.size() / points;
    const size_t end = (i + 1) * series.x.size() / points;
    double sum = 0.0;
    for (size_t k = begin; k < end; ++k) sum += series.y[k];
    thin.x.push_back(series.x[end - 1]);
    thin.y.push_back(sum / static_cast<double>(end - begin));
  }
  return thin;
}

std::string named(const std::string& name, const std::string& caption) {
  return caption.empty() || caption == name ? name : fmt::format("{} ({})", name, caption);
}

bool is_best(const Json& evaluation) {
  const Json* best = evaluation.find("best");
  return best != nullptr && best->is_bool() && best->as_bool();
}

/// The last evaluation that was the best so far is the one whose parameters are published.
void add_evaluations(Page& page, const std::vector<Json>& evaluations) {
  if (evaluations.empty()) return;
  size_t published = evaluations.size();
  for (size_t i = 0; i < evaluations.size(); ++i) published = is_best(evaluations[i]) ? i : published;
  Page::TableSpec table{
      .columns = {sentence("chart.step")}, .rows = {}, .caption = sentence("report.evaluations_caption")};
  for (const Json::Member& member : evaluations.front().at("validation").as_object()) {
    table.columns.push_back(sentence("table." + member.key));
  }
  for (size_t i = 0; i < evaluations.size(); ++i) {
    std::vector<Page::Cell> row = {number(fmt::format("{}", evaluations[i].at("step").as_int()), i == published)};
    for (const Json::Member& member : evaluations[i].at("validation").as_object()) {
      row.push_back(number(member.value.is_number() ? shown(member.value.as_double()) : "-", i == published));
    }
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

/// What each evaluation says of what the pretrained model knew, where somebody asked.
void add_forgetting(Page& page, const std::vector<Json>& evaluations) {
  if (evaluations.empty() || !evaluations.front().contains("forgetting")) return;
  Page::TableSpec table{
      .columns = {sentence("chart.step")}, .rows = {}, .caption = sentence("report.forgetting_caption")};
  for (const Json::Member& member : evaluations.front().at("forgetting").as_object()) {
    table.columns.push_back(sentence("table." + member.key));
  }
  for (const Json& evaluation : evaluations) {
    std::vector<Page::Cell> row = {number(fmt::format("{}", evaluation.at("step").as_int()))};
    for (const Json::Member& member : evaluation.at("forgetting").as_object()) {
      row.push_back(number(member.value.is_number() ? shown(member.value.as_double()) : "-"));
    }
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

void add_columns(Page& page, const Json& data) {
  Page::TableSpec table{
      .columns = {sentence("table.column"), sentence("table.role"), sentence("table.kind"), sentence("table.missing"),
                  sentence("table.distinct"), sentence("table.psi")},
      .rows = {},
      .caption = sentence("report.columns_caption", fmt::arg("rows", count_text(data.at("rows").as_int())),
                          fmt::arg("features", data.at("features").as_int()))};
  for (const Json& column : data.at("columns").as_array()) {
    const Json* missing = column.find("missing");
    const Json* psi = column.find("psi");
    table.rows.push_back({{named(column.at("name").as_string(), column.at("caption").as_string())},
                          {column.at("role").as_string()},
                          {column.at("kind").as_string()},
                          number(missing == nullptr ? "-" : percent_text(missing->as_double())),
                          number(missing == nullptr ? "-" : count_text(column.at("distinct").as_int())),
                          number(psi == nullptr ? "-" : shown(psi->as_double()))});
  }
  page.table(table);
  page.paragraph(sentence("report.psi"));
}

void add_split(Page& page, const Json& data, const std::string& digest) {
  page.section(sentence("report.split"), "split");
  page.paragraph(sentence("report.split_digest", fmt::arg("digest", digest)));
  const bool binary = data.at("split").size() > 0 && data.at("split").at(size_t{0}).contains("bad");
  Page::TableSpec table{.columns = {sentence("table.part"), sentence("table.rows")}, .rows = {}, .caption = {}};
  if (binary) {
    table.columns.push_back(sentence("table.bad_rows"));
    table.columns.push_back(sentence("table.bad_rate"));
  }
  if (data.at("splits").as_int() > 1) {
    table.caption = sentence("report.first_split", fmt::arg("splits", data.at("splits").as_int()));
  }
  for (const Json& part : data.at("split").as_array()) {
    const int64_t rows = part.at("rows").as_int();
    std::vector<Page::Cell> row = {{sentence("part." + part.at("part").as_string())}, number(count_text(rows))};
    if (binary) {
      const int64_t bad = part.at("bad").as_int();
      row.push_back(number(count_text(bad)));
      row.push_back(number(rows == 0 ? "-" : percent_text(static_cast<double>(bad) / static_cast<double>(rows))));
    }
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

void add_leaks(Page& page, const Json& leaks) {
  page.section(sentence("report.leakage"), "leakage");
  if (leaks.size() == 0) {
    page.paragraph(sentence("report.leakage_none"));
    return;
  }
  Page::TableSpec table{.columns = {sentence("table.column"), sentence("table.evidence")}, .rows = {}, .caption = {}};
  for (const Json& leak : leaks.as_array()) {
    const Json* column = leak.find("column");  // rows that stand in two parts are about none
    table.rows.push_back(
        {{column == nullptr ? "-" : column->as_string(), false, true}, {leak.at("evidence").as_string()}});
  }
  page.table(table);
}

std::string bin_text(const Json& bin) {
  const std::string& kind = bin.at("kind").as_string();
  if (kind == "missing") return sentence("table.missing");
  if (kind == "code") return to_json_text(bin.at("code"));
  if (kind == "range") {
    const auto end = [](const Json& limit, std::string_view none) {
      return limit.is_null() ? std::string(none) : fmt::format("{:.6g}", limit.as_double());
    };
    return fmt::format("{} .. {}", end(bin.at("low"), "-∞"), end(bin.at("high"), "∞"));
  }
  std::string text;
  for (const Json& value : bin.at("values").as_array()) text += (text.empty() ? "" : ", ") + value.as_string();
  if (bin.at("other").as_bool()) text += (text.empty() ? "" : ", ") + sentence("table.other_values");
  return text;
}

std::string card_caption(const Json& card) {
  const Json* calibrated = card.find("calibrated");  // absent in a report.json of an earlier version
  const bool adds_up = calibrated != nullptr && calibrated->as_bool();
  const auto plain = [&](const char* key) { return fmt::format("{:.10g}", card.at("scale").at(key).as_double()); };
  return sentence(adds_up ? "report.card_caption" : "report.card_caption_uncalibrated", fmt::arg("base", plain("base")),
                  fmt::arg("odds", plain("base_odds")), fmt::arg("pdo", plain("pdo")));
}

void add_card(Page& page, const Json& card) {
  page.heading(model_caption("scorecard"));
  Page::TableSpec table{.columns = {sentence("table.column"), sentence("table.values"), sentence("table.share"),
                                    sentence("table.bad_rate"), "WOE", sentence("table.points")},
                        .rows = {},
                        .caption = card_caption(card)};
  for (const Json& variable : card.at("variables").as_array()) {
    bool first = true;
    for (const Json& bin : variable.at("bins").as_array()) {
      const std::string name = fmt::format("{} (IV {:.3f})", variable.at("caption").as_string(),
                                           variable.at("information_value").as_double());
      table.rows.push_back({{first ? name : "", false, first},
                            {bin_text(bin)},
                            number(percent_text(bin.at("share").as_double())),
                            number(bin.at("bad_rate").is_null() ? "-" : percent_text(bin.at("bad_rate").as_double())),
                            number(fmt::format("{:+.3f}", bin.at("woe").as_double())),
                            number(fmt::format("{:.1f}", bin.at("points").as_double()))});
      first = false;
    }
  }
  page.folded_table(sentence("report.card"), table);
}

void add_importance(Page& page, const Json& importance) {
  report::BarChartSpec spec{.names = {}, .values = {}, .x_title = sentence("chart.share_of_gain"), .y_title = {}};
  for (const Json& one : importance.as_array()) {
    spec.names.push_back(one.at("column").as_string());
    spec.values.push_back(one.at("share").as_double());
  }
  if (spec.names.empty()) return;
  page.heading(model_caption("gbdt"));
  page.chart(report::bar_chart(spec), sentence("report.importance_caption"));
}

}  // namespace

void add_metrics(Page& page, const std::vector<std::pair<std::string, const Json*>>& parts) {
  Page::TableSpec table{.columns = {sentence("chart.metric")}, .rows = {}, .caption = {}};
  for (const auto& [name, figures] : parts) {
    table.columns.push_back(name);
    table.columns.push_back(sentence("table.interval"));
    table.caption += fmt::format("{}{}: {} {}", table.caption.empty() ? "" : ", ", name,
                                 count_text(figures->at("rows").as_int()), sentence("table.rows"));
  }
  for (const Json::Member& member : parts.front().second->as_object()) {
    if (member.key == "rows") continue;
    std::vector<Page::Cell> row = {{sentence("table." + member.key)}};
    for (const auto& [name, figures] : parts) {
      row.push_back(number(figure_text(*figures, member.key)));
      row.push_back(number(interval_text(*figures, member.key)));
    }
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

/// Which rows the values of a table of settings were measured on.
std::string judged_by_text(const Json& model) {
  const Json* judged_by = model.find("judged_by");  // absent in a compare.json of an earlier version
  if (judged_by == nullptr) return {};
  const std::string& rows = judged_by->at("rows").as_string();
  if (rows == "none") return sentence("report.judged_by_none");
  if (rows == "validation part") return sentence("report.judged_by_validation");
  const int64_t folds = judged_by->at("folds").as_int();
  if (folds == 1) return sentence("report.judged_by_one_fold");
  return sentence("report.judged_by_folds", fmt::arg("folds", folds));
}

void add_tries(Page& page, const Json& models) {
  bool is_first = true;
  for (const Json& model : models.as_array()) {
    const Json& tries = model.at("tries");
    if (tries.size() == 0) continue;
    if (is_first) page.section(sentence("report.tries"), "tries");
    is_first = false;
    Page::TableSpec table{
        .columns = {sentence("table.setting"), sentence("table." + tries.at(size_t{0}).at("metric").as_string()),
                    sentence("table.chosen")},
        .rows = {},
        .caption = judged_by_text(model)};
    for (const Json& one : tries.as_array()) {
      const bool chosen = one.at("chosen").as_bool();
      table.rows.push_back(
          {{on_one_line(one.at("settings")), false, chosen},
           number(one.at("value").is_null() ? "-" : fmt::format("{:.4f}", one.at("value").as_double()), chosen),
           {chosen ? "✓" : "", false, true}});
    }
    page.folded_table(model_caption(model.at("name").as_string()), table);
  }
}

void add_training(Page& page, const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return;
  constexpr size_t kPoints = 120;
  const TrainingLog log = read_log(file);
  if (log.loss.x.empty()) return;
  page.section(sentence("report.training"), "training");
  std::vector<report::Series> losses = {thinned(log.loss, kPoints)};
  losses.front().name = sentence("chart.loss");
  if (log.loss.y != log.task_loss.y) {
    losses.push_back(thinned(log.task_loss, kPoints));
    losses.back().name = sentence("chart.task_loss");
  }
  page.chart(
      report::line_chart(
          {.series = losses, .x_title = sentence("chart.step"), .y_title = sentence("chart.loss"), .whole_x = true}),
      sentence("report.training_caption"));
  add_evaluations(page, log.evaluations);
  add_forgetting(page, log.evaluations);
}

void add_data(Page& page, const Json& data, const std::string& split_digest) {
  page.section(sentence("report.data"), "data");
  for (const Json& note : data.at("notes").as_array()) page.paragraph(note.as_string());
  add_columns(page, data);
  add_split(page, data, split_digest);
  add_leaks(page, data.at("leaks"));
}

void add_inside(Page& page, const Json& inside) {
  if (inside.size() == 0) return;
  page.section(sentence("report.inside"), "inside");
  for (const Json::Member& member : inside.as_object()) {
    if (const Json* card = member.value.find("card")) add_card(page, *card);
    if (const Json* importance = member.value.find("importance")) add_importance(page, *importance);
    if (const Json* weights = member.value.find("weights")) {
      page.heading(model_caption(member.key));
      page.details(sentence("report.weights"), to_yaml_text(*weights));
    }
  }
}

void add_policy(Page& page, const Json* policy) {
  if (policy == nullptr || policy->is_null()) return;
  page.section(sentence("report.policy"), "policy");
  page.paragraph(sentence("report.policy_rule"));
  const auto from = [](const Json& place) {
    if (place == Json("run.yaml")) return sentence("policy.from_run_yaml");
    return sentence(place == Json("approve_below") ? "policy.as_approve_below" : "policy.from_bad_rate");
  };
  const auto plain = [](const Json& value) { return fmt::format("{:.10g}", value.as_double()); };
  Page::TableSpec table{
      .columns = {sentence("table.key"), sentence("table.value"), sentence("table.from")}, .rows = {}, .caption = {}};
  for (const char* limit : {"approve_below", "refuse_from"}) {
    table.rows.push_back({{limit},
                          number(fmt::format("{:.6f}", policy->at(limit).as_double())),
                          {from(policy->at(std::string(limit) + "_from"))}});
  }
  page.table(table);
  const Json& points = policy->at("points");
  page.paragraph(sentence("report.policy_points", fmt::arg("base", plain(points.at("base"))),
                          fmt::arg("odds", plain(points.at("base_odds"))), fmt::arg("pdo", plain(points.at("pdo")))));
}

void add_settings(Page& page, const std::string& run_yaml) {
  page.section(sentence("report.settings"), "settings");
  page.details("run.yaml", run_yaml);
}

void add_environment(Page& page, const Json& manifest) {
  Json rest = manifest;
  for (const char* shown_below : {"inputs", "results"}) rest.erase(shown_below);
  page.section(sentence("report.environment"), "environment");
  page.preformatted(to_yaml_text(rest));
  const Json* inputs = manifest.find("inputs");
  if (inputs == nullptr) return;
  page.section(sentence("report.digests"), "digests");
  Page::TableSpec table{
      .columns = {sentence("table.key"), sentence("table.file"), "SHA-256"}, .rows = {}, .caption = {}};
  for (const Json& input : inputs->as_array()) {
    table.rows.push_back(
        {{input.at("what").as_string()}, {input.at("file").as_string()}, {input.at("sha256").as_string()}});
  }
  if (const Json* results = manifest.find("results")) {
    for (const Json& result : results->as_array()) {
      table.rows.push_back(
          {{sentence("table.result")}, {result.at("file").as_string()}, {result.at("sha256").as_string()}});
    }
  }
  page.table(table);
}

void add_footer(Page& page, const Json& environment) {
  const Json* version = environment.find("rift");
  page.footer(
      sentence("report.made_by", fmt::arg("version", version != nullptr ? version->written() : std::string("?"))));
}

}  // namespace rift::study
