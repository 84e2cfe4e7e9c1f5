#include "rift/search/space.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rift/base/error.h"

namespace rift::search {
namespace {

using Kind = Distribution::Kind;
constexpr int64_t kGridPoints = 5;

/// One parameter out of its options.
class DimensionReader {
 public:
  DimensionReader(const std::string& name, const RangeOptions& options, const std::string& place)
      : name_(name), options_(options), place_(fmt::format("{}: search.space.{}", place, name)) {}

  Dimension read() {
    const int kinds = options_.uniform.has_value() + options_.log.has_value() + options_.whole.has_value() +
                      options_.log_whole.has_value() + options_.choice.has_value();
    RIFT_REQUIRE(kinds == 1, Code::kConfig, "{}: expected one of float, log, int, log_int and choice, got {}", place_,
                 kinds == 0 ? "none" : "several");
    Dimension dimension{.name = name_, .distribution = {}, .when = {}, .grid = {}};
    Distribution& distribution = dimension.distribution;
    if (options_.choice) {
      distribution = choice();
    } else if (options_.uniform || options_.log) {
      const std::vector<double>& ends = options_.uniform ? *options_.uniform : *options_.log;
      distribution = range(Kind::kFloat, ends, options_.log.has_value());
    } else {
      const std::vector<int64_t>& ends = options_.whole ? *options_.whole : *options_.log_whole;
      distribution = range(Kind::kInt, {ends.begin(), ends.end()}, options_.log_whole.has_value());
    }
    dimension.grid = grid(distribution);
    return dimension;
  }

 private:
  Distribution choice() const {
    RIFT_REQUIRE(!options_.step && !options_.points, Code::kConfig, "{}: a choice has neither step nor points", place_);
    Distribution distribution{.kind = Kind::kCategorical, .choices = {}};
    for (const std::string& text : *options_.choice) {
      Json value = parse_yaml(text, place_);  // 16 and true as --set reads them
      value.set_line(0);
      RIFT_REQUIRE(std::isnan(distribution.internal(value)), Code::kConfig, "{}: '{}' stands there twice", place_,
                   shorten(text));
      distribution.choices.push_back(std::move(value));
    }
    RIFT_REQUIRE(!distribution.choices.empty(), Code::kConfig, "{}: a choice among nothing", place_);
    return distribution;
  }

  Distribution range(Kind kind, const std::vector<double>& ends, bool log) const {
    RIFT_REQUIRE(ends.size() == 2, Code::kConfig, "{}: expected [low, high], got a list of {}", place_, ends.size());
    RIFT_REQUIRE(ends[0] <= ends[1], Code::kConfig, "{}: expected low <= high, got [{}, {}]", place_, ends[0], ends[1]);
    RIFT_REQUIRE(!log || ends[0] > 0, Code::kConfig, "{}: a logarithmic range begins above 0, got {}", place_, ends[0]);
    RIFT_REQUIRE(!log || !options_.step, Code::kConfig, "{}: a logarithmic range has no step", place_);
    Distribution distribution{.kind = kind, .low = ends[0], .high = ends[1], .log = log, .choices = {}};
    distribution.step = options_.step.value_or(kind == Kind::kInt ? 1.0 : 0.0);
    if (kind == Kind::kInt) {
      RIFT_REQUIRE(distribution.step == std::floor(distribution.step), Code::kConfig,
                   "{}: expected a whole step, got {}", place_, distribution.step);
    }
    if (distribution.step > 0) distribution.high = distribution.at_place(distribution.count() - 1);
    return distribution;
  }

  std::vector<double> grid(const Distribution& distribution) const {
    std::vector<double> values;
    const bool all = distribution.is_discrete() && distribution.count() <= options_.points.value_or(kGridPoints);
    if (distribution.is_categorical() || all) {
      for (int64_t i = 0; i < distribution.count(); ++i) values.push_back(distribution.at_place(i));
      return values;
    }
    const int64_t points = distribution.is_single() ? 1 : options_.points.value_or(kGridPoints);
    for (int64_t i = 0; i < points; ++i) {
      const double share = points == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(points - 1);
      const double value = distribution.log ? distribution.low * std::pow(distribution.high / distribution.low, share)
                                            : std::lerp(distribution.low, distribution.high, share);
      const double taken = distribution.nearest(value);
      if (values.empty() || taken != values.back()) values.push_back(taken);
    }
    return values;
  }

  const std::string& name_;
  const RangeOptions& options_;
  std::string place_;
};

/// The conditions of each parameter, once all of them are known.
std::vector<Condition> conditions(const std::string& name, const RangeOptions& options,
                                  const std::vector<Dimension>& dimensions, const std::string& place) {
  std::vector<Condition> all;
  for (const auto& [other, values] : options.when) {
    const auto found = std::ranges::find(dimensions, other, &Dimension::name);
    RIFT_REQUIRE(found != dimensions.end() && found->distribution.is_categorical(), Code::kConfig,
                 "{}: search.space.{}.when: '{}' is no choice of the space", place, name, shorten(other));
    Condition condition{.parameter = other, .places = {}};
    std::vector<std::string> texts = values.any;
    if (values.is) texts.push_back(*values.is);
    for (const std::string& text : texts) {
      const double at = found->distribution.internal(parse_yaml(text, place));
      RIFT_REQUIRE(!std::isnan(at), Code::kConfig, "{}: search.space.{}.when: {} is never '{}'", place, name, other,
                   shorten(text));
      condition.places.push_back(at);
    }
    RIFT_REQUIRE(!condition.places.empty(), Code::kConfig, "{}: search.space.{}.when: no value of {}", place, name,
                 other);
    all.push_back(std::move(condition));
  }
  return all;
}

/// Each after those that it depends on, otherwise in the order that was given.
std::vector<Dimension> ordered(std::vector<Dimension> dimensions, const std::string& place) {
  std::vector<Dimension> done;
  const auto is_done = [&](const Condition& condition) {
    return std::ranges::find(done, condition.parameter, &Dimension::name) != done.end();
  };
  while (!dimensions.empty()) {
    const auto next =
        std::ranges::find_if(dimensions, [&](const Dimension& one) { return std::ranges::all_of(one.when, is_done); });
    RIFT_REQUIRE(next != dimensions.end(), Code::kConfig,
                 "{}: search.space.{}.when: it depends on something that depends on it", place,
                 dimensions.front().name);
    done.push_back(std::move(*next));
    dimensions.erase(next);
  }
  return done;
}

}  // namespace

Space::Space(const OptionMap<RangeOptions>& options, const std::string& place) {
  std::vector<Dimension> all;
  for (const auto& [name, range] : options) all.push_back(DimensionReader(name, range, place).read());
  for (size_t i = 0; i < all.size(); ++i) all[i].when = conditions(all[i].name, options[i].second, all, place);
  dimensions_ = ordered(std::move(all), place);
}

Space::Space(std::vector<Dimension> dimensions) : dimensions_(ordered(std::move(dimensions), "space")) {}

const Dimension* Space::find(const std::string& name) const {
  const auto found = std::ranges::find(dimensions_, name, &Dimension::name);
  return found == dimensions_.end() ? nullptr : &*found;
}

bool Space::is_active(const Dimension& dimension, const Assignment& assignment) const {
  return std::ranges::all_of(dimension.when, [&](const Condition& condition) {
    const auto found = assignment.find(condition.parameter);
    return found != assignment.end() &&
           std::ranges::find(condition.places, found->second.value) != condition.places.end();
  });
}

}  // namespace rift::search
