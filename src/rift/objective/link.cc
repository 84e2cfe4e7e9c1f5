#include "rift/objective/link.h"

#include <cmath>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"

namespace rift::objective {
namespace {

void append_quantiles(const Link& link, std::span<const double> row, std::vector<double>& said) {
  double quantile = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    quantile += i == 0 ? row[0] : log1p_exp(row[i]);
    said.push_back(link.shift + link.scale * quantile);
  }
}

void append_log_probabilities(std::span<const double> row, std::vector<double>& said) {
  double reached = 0;  // log of the probability of y >= k
  for (const double log_odds : row) {
    said.push_back(reached - log1p_exp(log_odds));
    reached -= log1p_exp(-log_odds);
  }
  said.push_back(reached);
}

}  // namespace

int64_t Link::head_outputs(int64_t said) const {
  if (form == Form::kQuantiles) return static_cast<int64_t>(levels.size());
  return form == Form::kConditional ? said - 1 : said;
}

std::vector<double> Link::apply(std::span<const double> outputs, int64_t head) const {
  const auto width = static_cast<size_t>(head);
  RIFT_CHECK(width > 0 && outputs.size() % width == 0);
  std::vector<double> said;
  for (size_t begin = 0; begin < outputs.size(); begin += width) {
    const std::span<const double> row = outputs.subspan(begin, width);
    switch (form) {
      case Form::kAsItIs:
        said.insert(said.end(), row.begin(), row.end());
        break;
      case Form::kPositive:
        for (const double value : row) said.push_back(scale * std::exp(value));
        break;
      case Form::kQuantiles:
        append_quantiles(*this, row, said);
        break;
      case Form::kConditional:
        append_log_probabilities(row, said);
        break;
    }
  }
  return said;
}

Link link_of(const LossOptions& loss) {
  Link link{.form = facts_of(loss).form};
  if (const auto* quantile = std::get_if<QuantileLoss>(&loss.kind)) link.levels = quantile->levels;
  if (std::holds_alternative<PoissonLoss>(loss.kind)) link.variance_power = 1.0;
  if (std::holds_alternative<GammaLoss>(loss.kind)) link.variance_power = 2.0;
  if (const auto* tweedie = std::get_if<TweedieLoss>(&loss.kind)) link.variance_power = tweedie->power;
  return link;
}

Json to_json(const Link& link) {
  Json json{{"form", name_of(link.form)}};
  if (link.form == Form::kQuantiles) {
    json["levels"] = Json(link.levels);
    json["shift"] = link.shift;
  }
  if (link.form == Form::kQuantiles || link.form == Form::kPositive) json["scale"] = link.scale;
  if (link.variance_power) json["variance_power"] = *link.variance_power;
  return json;
}

Link link_from_json(const Json& json) {
  const auto form = value_named<Form>(json.at("form").as_string());
  RIFT_REQUIRE(form, Code::kArtefact, "link: unknown form '{}'", shorten(json.at("form").as_string()));
  Link link{.form = *form};
  if (link.form == Form::kQuantiles) {
    link.levels = json.at("levels").as_doubles();
    link.shift = json.at("shift").as_double();
    RIFT_REQUIRE(!link.levels.empty(), Code::kArtefact, "link: quantiles without levels");
  }
  if (link.form == Form::kQuantiles || link.form == Form::kPositive) {
    link.scale = json.at("scale").as_double();
    RIFT_REQUIRE(link.scale > 0 && std::isfinite(link.scale), Code::kArtefact, "link: a scale must be above 0");
  }
  if (const Json* power = json.find("variance_power")) link.variance_power = power->as_double();
  return link;
}

}  // namespace rift::objective
