#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

#include "rift/base/log_odds.h"
#include "rift/classic/scorecard.h"
#include "rift/score/policy.h"

namespace rift::classic {
namespace {

Json bin_json(const Bin& bin, const data::Field& field, const Counts& sample) {
  Json json = Json::object();
  switch (bin.kind) {
    case BinKind::kRange:
      json["kind"] = "range";
      json["low"] = std::isfinite(bin.low) ? Json(bin.low) : Json();
      json["high"] = std::isfinite(bin.high) ? Json(bin.high) : Json();
      break;
    case BinKind::kSpecial:
      json["kind"] = "code";
      json["code"] = bin.code;
      break;
    case BinKind::kMissing:
      json["kind"] = "missing";
      break;
    case BinKind::kCategories:
      json["kind"] = "categories";
      json["values"] = Json::array();
      for (const std::string& value : bin.categories) json["values"].push_back(Json(field.shown_value(value)));
      json["other"] = bin.holds_other;
      break;
  }
  json["good"] = bin.counts.good;
  json["bad"] = bin.counts.bad;
  json["share"] = sample.total() > 0.0 ? bin.counts.total() / sample.total() : 0.0;
  json["bad_rate"] = bin.counts.total() > 0.0 ? Json(bin.counts.bad / bin.counts.total()) : Json();
  json["woe"] = bin.woe;
  return json;
}

}  // namespace

Json Scorecard::card(const score::PointsOptions& scale, const score::Calibrator& calibrator) const {
  const std::optional<score::Calibrator::Line> calibrated = calibrator.line();
  const score::Calibrator::Line line = calibrated.value_or(score::Calibrator::Line{});
  const double base_points = scale.points(sigmoid(line.slope * intercept_ + line.intercept));
  const double points_per_log_odds = line.slope * scale.pdo / std::numbers::ln2;
  const double share_of_base = variables_.empty() ? 0.0 : base_points / static_cast<double>(variables_.size());

  std::vector<size_t> order(variables_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [this](size_t a, size_t b) {
    return variables_[a].bins.information_value() > variables_[b].bins.information_value();
  });
  Json list = Json::array();
  for (size_t v : order) {
    const Variable& variable = variables_[v];
    const data::Field& field = schema_.fields[v];
    Counts sample;
    for (const Bin& bin : variable.bins.bins()) sample += bin.counts;
    Json bins = Json::array();
    for (const Bin& bin : variable.bins.bins()) {
      Json item = bin_json(bin, field, sample);
      item["points"] = share_of_base + points_per_log_odds * variable.coefficient * bin.woe;
      bins.push_back(std::move(item));
    }
    list.push_back(Json{{"column", variable.column},
                        {"caption", field.shown_name()},
                        {"unit", field.unit},
                        {"information_value", variable.bins.information_value()},
                        {"coefficient", variable.coefficient},
                        {"standard_error", variable.standard_error},
                        {"bins", std::move(bins)}});
  }
  return Json{{"points", base_points},
              {"scale", write_options(scale)},
              {"calibrated", calibrated.has_value()},
              {"variables", std::move(list)}};
}

}  // namespace rift::classic
