#include <algorithm>
#include <cmath>
#include <set>

#include "rift/base/sentences.h"
#include "rift/report/charts.h"
#include "rift/study/report/sections.h"
#include "rift/study/search/result.h"
#include "rift/study/search/words.h"

namespace rift::study {
namespace {

using report::Page;

constexpr size_t kShownTrials = 10;
constexpr size_t kMostAxes = 8;  // beside the metric's own

std::vector<const Json*> by_number(std::vector<const Json*> trials) {
  std::ranges::sort(trials, {}, [](const Json* trial) { return trial->at("number").as_int(); });
  return trials;
}

double value_of(const Json& trial, size_t objective = 0) { return trial.at("values").at(objective).as_double(); }

Page::TableSpec trials_table(const Json& search, const std::vector<const Json*>& trials, std::string caption) {
  Page::TableSpec table{.columns = {sentence("search.trial")}, .rows = {}, .caption = std::move(caption)};
  for (const Json& metric : search.at("metrics").as_array()) table.columns.push_back(metric_caption(metric));
  table.columns.push_back(sentence("search.settings"));
  for (const Json* trial : trials) {
    const bool wins = trial->at("number") == search.at("winner");
    std::vector<Page::Cell> row = {number(fmt::format("{}", trial->at("number").as_int()), wins)};
    for (std::string& text : value_texts(search, *trial)) row.push_back(number(std::move(text), wins));
    row.push_back({settings_of(*trial), false, wins});
    table.rows.push_back(std::move(row));
  }
  return table;
}

void add_all_trials(Page& page, const Json& search) {
  Page::TableSpec table{.columns = {sentence("search.trial"), sentence("search.state")}, .rows = {}, .caption = {}};
  for (const Json& metric : search.at("metrics").as_array()) table.columns.push_back(metric_caption(metric));
  table.columns.push_back(sentence("search.evaluations"));
  table.columns.push_back(sentence("search.settings"));
  for (const Json& trial : search.at("trials").as_array()) {
    const std::string& state = trial.at("state").as_string();
    const Json* why = trial.find("why");
    std::vector<Page::Cell> row = {number(fmt::format("{}", trial.at("number").as_int())),
                                   {why != nullptr && why->is_string() ? state + ": " + why->as_string() : state}};
    const bool complete = state == "COMPLETE";
    for (size_t k = 0; k < search.at("metrics").size(); ++k) {
      row.push_back(number(complete ? value_texts(search, trial)[k] : std::string("-")));
    }
    row.push_back(number(fmt::format("{}", trial.at("evaluations").as_int())));
    row.push_back({settings_of(trial)});
    table.rows.push_back(std::move(row));
  }
  page.folded_table(sentence("search.all_trials"), table);
}

void add_history(Page& page, const Json& search, const std::vector<const Json*>& trials) {
  const Json& metric = search.at("metrics").at(size_t{0});
  const bool up = metric.at("direction").as_string() == "MAXIMIZE";
  report::Series each{.name = sentence("search.each"), .x = {}, .y = {}};
  report::Series best{.name = sentence("search.best_so_far"), .x = {}, .y = {}};
  for (const Json* trial : trials) {
    const double value = value_of(*trial);
    each.x.push_back(trial->at("number").as_double());
    each.y.push_back(value);
    best.x.push_back(each.x.back());
    best.y.push_back(best.y.empty() ? value : up ? std::max(best.y.back(), value) : std::min(best.y.back(), value));
  }
  page.chart(report::line_chart({.series = {each, best},
                                 .x_title = sentence("search.trial"),
                                 .y_title = metric_caption(metric),
                                 .points = true,
                                 .whole_x = true}),
             sentence("search.history_caption", fmt::arg("metric", metric_caption(metric))));
}

void add_front(Page& page, const Json& search, const std::vector<const Json*>& trials) {
  if (search.at("metrics").size() < 2) return;
  std::set<int64_t> front;
  for (const Json& number : search.at("front").as_array()) front.insert(number.as_int());
  report::Series best{.name = sentence("search.front_name"), .x = {}, .y = {}};
  report::Series others{.name = sentence("search.others"), .x = {}, .y = {}};
  for (const Json* trial : trials) {
    report::Series& series = front.contains(trial->at("number").as_int()) ? best : others;
    series.x.push_back(value_of(*trial, 0));
    series.y.push_back(value_of(*trial, 1));
  }
  const std::string first = metric_caption(search.at("metrics").at(size_t{0}));
  const std::string second = metric_caption(search.at("metrics").at(size_t{1}));
  page.chart(report::point_chart({.series = {best, others}, .x_title = first, .y_title = second}),
             sentence("search.front_caption", fmt::arg("first", first), fmt::arg("second", second)));
}

/// Parameters, the most important first; as they are where nothing is known of that.
std::vector<const Json*> parameters_by_importance(const Json& search) {
  std::vector<const Json*> parameters;
  for (const Json& parameter : search.at("parameters").as_array()) parameters.push_back(&parameter);
  std::ranges::stable_sort(parameters, std::ranges::greater{}, [](const Json* parameter) {
    const Json& importance = parameter->at("importance");
    return importance.is_number() ? importance.as_double() : 0.0;
  });
  return parameters;
}

void add_importance(Page& page, const Json& search) {
  report::BarChartSpec chart{.names = {}, .values = {}, .x_title = sentence("search.importance"), .y_title = {}};
  for (const Json* parameter : parameters_by_importance(search)) {
    if (!parameter->at("importance").is_number()) return;
    chart.names.push_back(parameter->at("name").as_string());
    chart.values.push_back(parameter->at("importance").as_double());
  }
  page.chart(
      report::bar_chart(chart),
      sentence("search.importance_caption", fmt::arg("metric", metric_caption(search.at("metrics").at(size_t{0})))));
}

constexpr double kInactivePlace = -0.08;  // under the axis

/// An axis of numbers, on the scale of the search.
report::ParallelAxis number_axis(const std::string& name, const std::vector<const Json*>& values, bool log) {
  const auto scaled = [&](const Json& value) { return log ? std::log(value.as_double()) : value.as_double(); };
  double low = INFINITY, high = -INFINITY;
  for (const Json* value : values) {
    if (value == nullptr) continue;
    low = std::min(low, scaled(*value));
    high = std::max(high, scaled(*value));
  }
  report::ParallelAxis axis{.name = name, .place = {}, .ticks = {}};
  for (const Json* value : values) {
    axis.place.push_back(value == nullptr ? kInactivePlace : high > low ? (scaled(*value) - low) / (high - low) : 0.5);
  }
  const auto text = [&](double at) { return fmt::format("{:.3g}", log ? std::exp(at) : at); };
  if (!(high > low)) {
    if (std::isfinite(low)) axis.ticks = {{0.5, text(low)}};
    return axis;
  }
  for (const double place : {0.0, 0.5, 1.0}) axis.ticks.emplace_back(place, text(std::lerp(low, high, place)));
  return axis;
}

/// Numbers in their order, then texts.
report::ParallelAxis choice_axis(const std::string& name, const std::vector<const Json*>& values) {
  using Choice = std::pair<double, std::string>;
  const auto choice_of = [](const Json& value) {
    return Choice(value.is_number() ? value.as_double() : INFINITY, value.written());
  };
  std::set<Choice> choices;
  for (const Json* value : values) {
    if (value != nullptr) choices.insert(choice_of(*value));
  }
  report::ParallelAxis axis{.name = name, .place = {}, .ticks = {}};
  const auto place_of = [&](const Choice& choice) {
    const auto at = static_cast<double>(std::distance(choices.begin(), choices.find(choice)));
    return choices.size() < 2 ? 0.5 : at / static_cast<double>(choices.size() - 1);
  };
  for (const Json* value : values) {
    axis.place.push_back(value == nullptr ? kInactivePlace : place_of(choice_of(*value)));
  }
  for (const Choice& choice : choices) axis.ticks.emplace_back(place_of(choice), choice.second);
  return axis;
}

void add_parallel(Page& page, const Json& search, const std::vector<const Json*>& trials) {
  const Json& metric = search.at("metrics").at(size_t{0});
  report::ParallelChartSpec chart{.axes = {}, .value = {}, .value_title = metric_caption(metric), .names = {}};
  for (const Json* parameter : parameters_by_importance(search)) {
    if (chart.axes.size() == kMostAxes) break;
    const std::string& name = parameter->at("name").as_string();
    std::vector<const Json*> values;
    for (const Json* trial : trials) values.push_back(trial->at("settings").find(name));
    chart.axes.push_back(parameter->at("choice").as_bool() ? choice_axis(name, values)
                                                           : number_axis(name, values, parameter->at("log").as_bool()));
  }
  std::vector<const Json*> figures;
  for (const Json* trial : trials) {
    figures.push_back(&trial->at("values").at(size_t{0}));
    chart.value.push_back(value_of(*trial));
    chart.names.push_back(
        fmt::format("{} {}: {}", sentence("search.trial"), trial->at("number").as_int(), settings_of(*trial)));
  }
  chart.axes.push_back(number_axis(chart.value_title, figures, false));
  page.chart(report::parallel_chart(chart), sentence("search.parallel_caption", fmt::arg("metric", chart.value_title)));
}

}  // namespace

void add_search(Page& page, const Json& search) {
  page.section(sentence("search.title"), "search");
  for (const std::string& line : search_sentences(search)) page.paragraph(line);
  const std::vector<const Json*> ranked = best_trials(search, search.at("trials").size());
  if (ranked.empty()) return;
  page.table(trials_table(search, best_trials(search, kShownTrials), sentence("search.best_trials")));
  const std::vector<const Json*> trials = by_number(ranked);
  add_history(page, search, trials);
  add_front(page, search, trials);
  add_importance(page, search);
  add_parallel(page, search, trials);
  add_all_trials(page, search);
}

}  // namespace rift::study
