#include <algorithm>

#include "rift/base/count_text.h"
#include "rift/base/sentences.h"
#include "rift/report/charts.h"
#include "rift/study/curve/result.h"
#include "rift/study/curve/words.h"
#include "rift/study/learner.h"
#include "rift/study/report/figure_text.h"
#include "rift/study/report/sections.h"

namespace rift::study {
namespace {

using report::Page;

std::string caption_of(const Json& model) { return model_caption(model.at("name").as_string()); }

bool has_laws(const Json& curve) {
  return std::ranges::none_of(curve.at("models").as_array(),
                              [](const Json& model) { return model.at("law").is_null(); });
}

/// An end that is not known is the value itself.
report::FittedSeries::Values values_of(const Json& list) {
  report::FittedSeries::Values values;
  for (const Json& one : list.as_array()) {
    const double value = one.at("value").as_double();
    values.x.push_back(one.at("labels").as_double());
    values.y.push_back(value);
    values.low.push_back(one.at("low").is_null() ? value : one.at("low").as_double());
    values.high.push_back(one.at("high").is_null() ? value : one.at("high").as_double());
  }
  return values;
}

void add_chart(Page& page, const Json& curve) {
  report::FittedChartSpec chart{.series = {},
                                .measured_to = curve.at("sizes").as_array().back().at("labels").as_double(),
                                .ticks = {},
                                .x_title = sentence("curve.labels"),
                                .y_title = curve_metric_caption(curve)};
  for (const Json& model : curve.at("models").as_array()) {
    report::FittedSeries series{.name = caption_of(model), .points = values_of(model.at("points")), .line = {}};
    if (!model.at("line").is_null()) series.line = values_of(model.at("line"));
    chart.series.push_back(std::move(series));
  }
  for (const Json& size : curve.at("sizes").as_array()) chart.ticks.push_back(size.at("labels").as_double());
  if (has_laws(curve)) chart.ticks.push_back(2.0 * chart.measured_to);
  page.chart(
      report::fitted_chart(chart),
      sentence(has_laws(curve) ? "curve.chart_caption" : "curve.chart_caption_measured",
               fmt::arg("metric", chart.y_title), fmt::arg("rows", count_text(curve.at("test").at("rows").as_int()))));
}

/// One column a model, one row a size.
void add_points(Page& page, const Json& curve) {
  Page::TableSpec table{.columns = {sentence("curve.labels")},
                        .rows = {},
                        .caption = sentence("curve.points_caption", fmt::arg("metric", curve_metric_caption(curve)))};
  for (const Json& size : curve.at("sizes").as_array()) {
    table.rows.push_back({number(count_text(size.at("labels").as_int()))});
  }
  for (const Json& model : curve.at("models").as_array()) {
    table.columns.push_back(caption_of(model));
    const auto& points = model.at("points").as_array();
    for (size_t s = 0; s < points.size(); ++s) table.rows[s].push_back(number(value_text(curve, points[s])));
  }
  page.table(table);
}

void add_gains(Page& page, const Json& curve) {
  const Json& pairs = curve.at("pairs");
  if (pairs.size() == 0) return;
  const std::string model = model_caption(pairs.at(size_t{0}).at("a").as_string());
  Page::TableSpec table{.columns = {sentence("table.model")},
                        .rows = {},
                        .caption = sentence("curve.gains_caption", fmt::arg("model", model),
                                            fmt::arg("metric", curve_metric_caption(curve)))};
  for (const Json& size : curve.at("sizes").as_array()) table.columns.push_back(count_text(size.at("labels").as_int()));
  table.columns.push_back(sentence("curve.passes_at"));
  for (const Json& pair : pairs.as_array()) {
    std::vector<Page::Cell> row = {{model_caption(pair.at("b").as_string())}};
    for (const Json& gain : pair.at("gain").as_array()) {
      const bool clear = gain.at("low").is_number() && gain.at("low").as_double() > 0.0;
      row.push_back(number(gain_text(curve, gain), clear));
    }
    row.push_back(number(threshold_text(curve, pair.at("passes"))));
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

std::string law_number(const Json& one) {
  const auto text = [](const Json& value) {
    return value.is_null() ? std::string("-") : shown_amount(value.as_double());
  };
  return fmt::format(
      "{} ({})", text(one.at("value")),
      sentence("table.from_to", fmt::arg("low", text(one.at("low"))), fmt::arg("high", text(one.at("high")))));
}

std::string worth_text(const Json& curve, const Json& doubling) {
  return gain_text(curve,
                   Json{{"value", doubling.at("worth")}, {"low", doubling.at("low")}, {"high", doubling.at("high")}});
}

void add_laws(Page& page, const Json& curve) {
  if (!has_laws(curve)) return;
  const std::string metric = curve_metric_caption(curve);
  const bool up = curve.at("more_is_better").as_bool();
  const std::string error = up ? sentence("curve.error_is_rest", fmt::arg("metric", metric)) : metric;
  const std::string below = shown_figure(curve.at("metric").as_string(), curve.at("stop_below").as_double());
  Page::TableSpec table{
      .columns = {sentence("table.model"), sentence("curve.floor"), sentence("curve.scale"), sentence("curve.rate"),
                  sentence("curve.worth"), sentence("curve.stop_at", fmt::arg("worth", below))},
      .rows = {},
      .caption = sentence("curve.laws_caption", fmt::arg("error", error))};
  for (const Json& model : curve.at("models").as_array()) {
    const Json& law = model.at("law");
    table.rows.push_back({{caption_of(model)},
                          number(law_number(law.at("floor"))),
                          number(shown_amount(law.at("scale").at("value").as_double())),
                          number(law_number(law.at("rate"))),
                          number(worth_text(curve, model.at("doubling"))),
                          number(threshold_text(curve, model.at("stop")))});
  }
  page.table(table);
}

void add_seeds(Page& page, const Json& curve) {
  if (curve.at("seeds").size() < 2) return;
  const std::string metric = curve_metric_caption(curve);
  Page::TableSpec table{.columns = {sentence("table.model"), sentence("curve.labels")}, .rows = {}, .caption = {}};
  for (const Json& seed : curve.at("seeds").as_array()) {
    table.columns.push_back(sentence("curve.seed", fmt::arg("seed", seed.as_int())));
  }
  table.columns.push_back(sentence("curve.deviation"));
  for (const Json& model : curve.at("models").as_array()) {
    for (const Json& point : model.at("points").as_array()) {
      std::vector<Page::Cell> row = {{caption_of(model)}, number(count_text(point.at("labels").as_int()))};
      for (const Json& value : point.at("seeds").as_array()) {
        row.push_back(number(shown_figure(curve.at("metric").as_string(), value.as_double())));
      }
      row.push_back(number(shown_amount(point.at("deviation").as_double())));
      table.rows.push_back(std::move(row));
    }
  }
  page.folded_table(fmt::format("{} ({})", sentence("curve.spread"), metric), table);
}

}  // namespace

void add_learning_curve(Page& page, const Json& curve) {
  page.section(sentence("curve.title"), "learning-curve");
  bool is_first = true;
  for (const std::string& line : curve_answers(curve)) {
    is_first ? page.notice(line) : page.paragraph(line);
    is_first = false;
  }
  for (const std::string& line : curve_notes(curve)) page.paragraph(line);
  for (const Json& skipped : curve.at("skipped").as_array()) {
    page.paragraph(sentence("done.skipped_model", fmt::arg("model", model_caption(skipped.at("name").as_string())),
                            fmt::arg("why", skipped.at("why").as_string())));
  }
  add_chart(page, curve);
  add_points(page, curve);
  add_gains(page, curve);
  add_laws(page, curve);
  add_seeds(page, curve);
}

}  // namespace rift::study
