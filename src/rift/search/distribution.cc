#include "rift/search/distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rift/base/error.h"

namespace rift::search {
namespace {

using Kind = Distribution::Kind;

/// Numbers are equal as Python has it, 1 and 1.0 too.
bool same_choice(const Json& a, const Json& b) {
  return a.is_number() && b.is_number() ? a.as_double() == b.as_double() : a == b;
}

/// A double that Python writes as a float: 1.0, not 1.
Json as_float(double value) { return Json(value); }

void read_range(const Json& attributes, Distribution& distribution) {
  distribution.low = attributes.at("low").as_double();
  distribution.high = attributes.at("high").as_double();
  if (const Json* log = attributes.find("log")) distribution.log = log->as_bool();
  const Json* step = attributes.find("step");
  if (step == nullptr) step = attributes.find("q");
  if (step != nullptr && !step->is_null()) distribution.step = step->as_double();
}

}  // namespace

int64_t Distribution::count() const {
  if (is_categorical()) return static_cast<int64_t>(choices.size());
  RIFT_CHECK(step > 0.0);
  return static_cast<int64_t>(std::floor((high - low) / step + 1e-9)) + 1;
}

bool Distribution::is_single() const { return is_discrete() ? count() == 1 : low == high; }

bool Distribution::contains(double value) const {
  if (std::isnan(value)) return false;
  if (is_categorical()) return value >= 0 && value < static_cast<double>(choices.size()) && value == std::floor(value);
  return value >= low && value <= high;
}

double Distribution::at_place(int64_t place) const {
  if (is_categorical()) return static_cast<double>(place);
  return low + static_cast<double>(place) * step;
}

double Distribution::nearest(double value) const {
  if (is_categorical() || step == 0.0) return std::clamp(value, low, high);
  const double places = static_cast<double>(count() - 1);
  return low + std::clamp(std::round((value - low) / step), 0.0, places) * step;
}

Json Distribution::external(double value) const {
  switch (kind) {
    case Kind::kCategorical:
      RIFT_CHECK(contains(value));
      return choices[static_cast<size_t>(value)];
    case Kind::kInt:
      return Json(static_cast<int64_t>(std::llround(value)));
    case Kind::kFloat:
      return Json(value);
  }
  RIFT_CHECK(false);
  return {};
}

double Distribution::internal(const Json& value) const {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (is_categorical()) {
    const auto found = std::ranges::find_if(choices, [&](const Json& choice) { return same_choice(choice, value); });
    return found == choices.end() ? kNone : static_cast<double>(found - choices.begin());
  }
  return value.is_number() ? value.as_double() : kNone;
}

std::string to_optuna_json(const Distribution& distribution) {
  Json attributes = Json::object();
  switch (distribution.kind) {
    case Kind::kCategorical:
      attributes["choices"] = Json(distribution.choices);
      return to_json_text(Json{{"name", "CategoricalDistribution"}, {"attributes", attributes}});
    case Kind::kInt:
      attributes["log"] = distribution.log;
      attributes["step"] = static_cast<int64_t>(distribution.step);
      attributes["low"] = static_cast<int64_t>(distribution.low);
      attributes["high"] = static_cast<int64_t>(distribution.high);
      return to_json_text(Json{{"name", "IntDistribution"}, {"attributes", attributes}});
    case Kind::kFloat:
      attributes["step"] = distribution.step > 0.0 ? as_float(distribution.step) : Json();
      attributes["low"] = as_float(distribution.low);
      attributes["high"] = as_float(distribution.high);
      attributes["log"] = distribution.log;
      return to_json_text(Json{{"name", "FloatDistribution"}, {"attributes", attributes}});
  }
  RIFT_CHECK(false);
  return {};
}

Distribution parse_optuna_json(const std::string& text, const std::string& source) {
  const Json json = parse_json(text, source);
  const std::string& name = json.at("name").as_string();
  const Json& attributes = json.at("attributes");
  Distribution distribution;
  if (name == "CategoricalDistribution") {
    distribution.kind = Kind::kCategorical;
    distribution.choices = attributes.at("choices").as_array();
    RIFT_REQUIRE(!distribution.choices.empty(), Code::kArtefact, "{}: a choice among nothing", source);
    return distribution;
  }
  const bool is_int =
      name == "IntDistribution" || name == "IntUniformDistribution" || name == "IntLogUniformDistribution";
  const bool is_float = name == "FloatDistribution" || name == "UniformDistribution" ||
                        name == "LogUniformDistribution" || name == "DiscreteUniformDistribution";
  RIFT_REQUIRE(is_int || is_float, Code::kUnsupported, "{}: a distribution called '{}', which rift does not know",
               source, shorten(name));
  distribution.kind = is_int ? Kind::kInt : Kind::kFloat;
  read_range(attributes, distribution);
  if (name.starts_with("LogUniform") || name.starts_with("IntLogUniform")) distribution.log = true;
  if (is_int) distribution.step = std::max(distribution.step, 1.0);
  const bool holds = distribution.low <= distribution.high && distribution.step >= 0.0 &&
                     (!distribution.log || distribution.low > 0.0);
  RIFT_REQUIRE(holds, Code::kArtefact, "{}: a range from {} to {} that holds nothing", source, distribution.low,
               distribution.high);
  return distribution;
}

bool are_compatible(const Distribution& a, const Distribution& b) {
  if (a.kind != b.kind || a.log != b.log) return false;
  return !a.is_categorical() || std::ranges::equal(a.choices, b.choices, same_choice);
}

}  // namespace rift::search
