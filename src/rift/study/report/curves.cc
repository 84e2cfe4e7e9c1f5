#include <algorithm>

#include "rift/base/count_text.h"
#include "rift/base/sentences.h"
#include "rift/report/charts.h"
#include "rift/study/learner.h"
#include "rift/study/report/figure_text.h"
#include "rift/study/report/sections.h"

namespace rift::study {
namespace {

using report::Page;

bool have(const std::vector<ShownModel>& models, std::string_view curve) {
  return std::any_of(models.begin(), models.end(), [&](const ShownModel& model) {
    return model.curves != nullptr && model.curves->contains(curve) && model.curves->at(curve).size() > 0;
  });
}

/// One line a model out of the points of a curve.
std::vector<report::Series> lines(const std::vector<ShownModel>& models, std::string_view curve, std::string_view x,
                                  std::string_view y) {
  std::vector<report::Series> all;
  for (const ShownModel& model : models) {
    if (model.curves == nullptr || !model.curves->contains(curve)) continue;
    report::Series line{.name = model_caption(model.name), .x = {}, .y = {}};
    for (const Json& point : model.curves->at(curve).as_array()) {
      line.x.push_back(point.at(x).as_double());
      line.y.push_back(point.at(y).as_double());
    }
    all.push_back(std::move(line));
  }
  return all;
}

void add_roc(Page& page, const std::vector<ShownModel>& models) {
  page.section(sentence("report.roc"), "roc");
  page.chart(report::line_chart({.series = lines(models, "roc", "fpr", "tpr"),
                                 .x_title = sentence("chart.false_positive_rate"),
                                 .y_title = sentence("chart.true_positive_rate"),
                                 .diagonal = true,
                                 .diagonal_name = sentence("chart.random"),
                                 .unit_square = true,
                                 .percent_x = true,
                                 .percent_y = true}),
             sentence("report.roc_caption"));
}

/// What the bands of a calibration curve are about: the keys of its axes and its caption.
struct CalibrationWords {
  std::string_view predicted, observed, caption;
};
constexpr CalibrationWords kPdWords = {"chart.predicted_pd", "chart.observed_rate", "report.calibration_caption"};
constexpr CalibrationWords kAmountWords = {"chart.predicted", "chart.observed", "report.calibration_amounts_caption"};
constexpr CalibrationWords kClassWords = {"chart.predicted_class_probability", "chart.observed_class_share",
                                          "report.calibration_classes_caption"};

void add_calibration(Page& page, const std::vector<ShownModel>& models, bool amounts) {
  page.section(sentence("report.calibration"), "calibration");
  const CalibrationWords words = amounts ? kAmountWords : have(models, "confusion") ? kClassWords : kPdWords;
  report::LineChartSpec spec{.series = lines(models, "calibration", "predicted", "observed"),
                             .x_title = sentence(words.predicted),
                             .y_title = sentence(words.observed),
                             .diagonal = !amounts,
                             .diagonal_name = sentence("chart.ideal"),
                             .points = true,
                             .percent_x = !amounts,
                             .percent_y = !amounts};
  page.chart(report::line_chart(spec), sentence(words.caption));
}

void add_distribution(Page& page, const ShownModel& model) {
  const Json& scores = model.curves->at("scores");
  page.section(sentence("report.score_distribution"), "scores");
  page.chart(report::histogram_chart({.low = scores.at("low").as_double(),
                                      .high = scores.at("high").as_double(),
                                      .series = {{sentence("class.good"), {}, scores.at("good").as_doubles()},
                                                 {sentence("class.bad"), {}, scores.at("bad").as_doubles()}},
                                      .x_title = sentence("chart.predicted_pd"),
                                      .y_title = sentence("chart.share_of_class")}),
             model_caption(model.name) + ". " + sentence("report.score_distribution_caption"));
}

Page::TableSpec gains_table(const ShownModel& model) {
  Page::TableSpec table{.columns = {sentence("table.band"), sentence("table.score_range"), sentence("table.rows"),
                                    sentence("table.bad_rows"), sentence("table.bad_rate"), sentence("table.lift"),
                                    sentence("table.cumulative_bad_share")},
                        .rows = {},
                        .caption = model_caption(model.name)};
  for (const Json& band : model.curves->at("gains").as_array()) {
    table.rows.push_back({number(fmt::format("{}", band.at("band").as_int())),
                          number(fmt::format("{} - {}", percent_text(band.at("pd_low").as_double()),
                                             percent_text(band.at("pd_high").as_double()))),
                          number(fmt::format("{:.10g}", band.at("rows").as_double())),
                          number(fmt::format("{:.10g}", band.at("bad").as_double())),
                          number(percent_text(band.at("bad_rate").as_double())),
                          number(fmt::format("{:.2f}", band.at("lift").as_double())),
                          number(percent_text(band.at("cumulative_bad_share").as_double()))});
  }
  return table;
}

void add_gains(Page& page, const std::vector<ShownModel>& models, const ShownModel& best) {
  page.section(sentence("report.gains"), "gains");
  std::vector<report::Series> all = lines(models, "gains", "cumulative_share", "cumulative_bad_share");
  for (report::Series& line : all) {
    line.x.insert(line.x.begin(), 0.0);
    line.y.insert(line.y.begin(), 0.0);
  }
  page.chart(report::line_chart({.series = std::move(all),
                                 .x_title = sentence("chart.share_of_rows"),
                                 .y_title = sentence("chart.share_of_bad"),
                                 .diagonal = true,
                                 .diagonal_name = sentence("chart.random"),
                                 .points = true,
                                 .unit_square = true,
                                 .percent_x = true,
                                 .percent_y = true}),
             sentence("report.gains_caption"));
  page.table(gains_table(best));
}

void add_approval(Page& page, const std::vector<ShownModel>& models) {
  page.section(sentence("report.approval"), "approval");
  Page::TableSpec table{
      .columns = {sentence("table.model")}, .rows = {}, .caption = sentence("report.approval_caption")};
  for (const ShownModel& model : models) {
    if (model.curves == nullptr || !model.curves->contains("approval")) continue;
    std::vector<Page::Cell> row = {{model_caption(model.name)}};
    const bool first = table.rows.empty();
    for (const Json& point : model.curves->at("approval").as_array()) {
      if (first) {
        table.columns.push_back(sentence(
            "table.approved_at", fmt::arg("share", fmt::format("{:.0f} %", 100.0 * point.at("approved").as_double()))));
      }
      row.push_back(number(point.at("bad_rate").is_null() ? "-" : percent_text(point.at("bad_rate").as_double())));
    }
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

void add_confusion(Page& page, const ShownModel& model, const std::vector<std::string>& classes) {
  page.section(sentence("report.confusion"), "confusion");
  Page::TableSpec table{.columns = {sentence("table.truth")},
                        .rows = {},
                        .caption = model_caption(model.name) + ". " + sentence("report.confusion_caption")};
  const auto& rows = model.curves->at("confusion").as_array();
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string name = i < classes.size() ? classes[i] : fmt::format("{}", i);
    table.columns.push_back(name);
    std::vector<Page::Cell> row = {{name}};
    for (size_t k = 0; k < rows.size(); ++k) {
      row.push_back(number(fmt::format("{:.10g}", rows[i].at(k).as_double()), i == k));
    }
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

}  // namespace

Page::Cell number(std::string text, bool strong) { return {.text = std::move(text), .number = true, .strong = strong}; }

void add_curves(Page& page, const CurvesSpec& spec) {
  const auto& models = spec.models;
  const auto best = std::find_if(models.begin(), models.end(), [&](const ShownModel& model) {
    return model.name == spec.best && model.curves != nullptr;
  });
  if (have(models, "roc")) add_roc(page, models);
  if (have(models, "calibration")) add_calibration(page, models, spec.amounts);
  if (best == models.end()) return;
  if (have({*best}, "scores")) add_distribution(page, *best);
  if (have({*best}, "gains")) add_gains(page, models, *best);
  if (have({*best}, "confusion")) add_confusion(page, *best, spec.classes);
  if (have(models, "approval")) add_approval(page, models);
}

}  // namespace rift::study
