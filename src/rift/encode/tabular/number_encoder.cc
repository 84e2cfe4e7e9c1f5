#include "rift/encode/tabular/number_encoder.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rift/base/error.h"
#include "rift/base/normal.h"

namespace rift::encode::tabular {
namespace {

/// A package holds the points and travels, so none may be the value of a few rows alone.
constexpr int64_t kFewestRows = 5;

struct Tie {
  double value = 0.0;
  int64_t rows = 0;
};

std::vector<Tie> ties_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::vector<Tie> ties;
  for (const double value : values) {
    if (ties.empty() || ties.back().value != value) ties.push_back({.value = value});
    ++ties.back().rows;
  }
  return ties;
}

/// The value that most of the rows have; otherwise their mean, moved off the values that rows have.
double middle_of(std::span<const Tie> ties, int64_t rows) {
  double mean = 0.0;
  for (const Tie& tie : ties) {
    if (tie.rows >= kFewestRows && 2 * tie.rows > rows) return tie.value;
    mean += tie.value * (static_cast<double>(tie.rows) / static_cast<double>(rows));
  }
  const auto above =
      std::upper_bound(ties.begin() + 1, ties.end() - 1, mean, [](double v, const Tie& t) { return v < t.value; });
  const double low = (above - 1)->value, high = above->value;
  return mean > low && mean < high ? mean : std::midpoint(low, high);
}

struct Knot {
  double value = 0.0;
  double score = 0.0;  // normal quantile of the mid-rank share
};

/// At most `limit` points, each out of kFewestRows rows or more that follow each other, evenly spaced in score, so that
/// the tails keep theirs. None of too few rows.
std::vector<Knot> knots_of(std::span<const Tie> ties, int64_t limit) {
  int64_t total = 0;
  for (const Tie& tie : ties) total += tie.rows;
  if (total < kFewestRows) return {};
  const auto share = [&](int64_t rows) { return static_cast<double>(rows) / static_cast<double>(total); };
  const double between_ends = total > 2 * kFewestRows ? -2.0 * normal_quantile(share(kFewestRows)) : 0.0;
  const double step = between_ends / static_cast<double>(limit - 2);

  std::vector<Knot> knots;
  int64_t begin = 0, end = 0;
  size_t first = 0;
  for (size_t i = 0; i < ties.size(); ++i) {
    end += ties[i].rows;
    const bool is_full = end - begin >= kFewestRows && total - end >= kFewestRows &&
                         (begin == 0 || normal_quantile(share(end)) - normal_quantile(share(begin)) >= step);
    if (!is_full && end < total) continue;
    knots.push_back({.value = middle_of(ties.subspan(first, i + 1 - first), end - begin),
                     .score = normal_quantile(share(begin + end) / 2.0)});
    begin = end;
    first = i + 1;
  }
  return knots;
}

}  // namespace

NumberEncoder NumberEncoder::fit(std::span<const double> training_values, const NumberOptions& options) {
  NumberEncoder encoder;
  encoder.options_ = options;
  std::vector<double> finite;
  for (double value : training_values)
    if (std::isfinite(value)) finite.push_back(value);
  if (finite.empty()) return encoder;

  if (options.transform == NumberTransform::kQuantile) {
    for (const Knot& knot : knots_of(ties_of(std::move(finite)), options.knots)) {
      encoder.knots_.push_back(knot.value);
      encoder.scores_.push_back(knot.score);
    }
    return encoder;
  }
  const double n = static_cast<double>(finite.size());
  double mean = 0.0, variance = 0.0;
  for (double value : finite) mean += value / n;  // dividing first keeps the sum of huge values finite
  for (double value : finite) variance += (value - mean) / n * (value - mean);
  encoder.center_ = mean;
  const double deviation = std::sqrt(variance);
  const bool constant = std::all_of(finite.begin(), finite.end(), [&](double v) { return v == finite.front(); });
  if (constant) encoder.center_ = finite.front();
  if (!constant && std::isfinite(deviation) && deviation > 0.0) encoder.scale_ = deviation;
  return encoder;
}

double NumberEncoder::encode(double value) const {
  if (missing(value)) return 0.0;
  double encoded = 0.0;
  if (options_.transform == NumberTransform::kStandard) {
    encoded = (value - center_) / scale_;
  } else if (!knots_.empty()) {
    const auto above = std::upper_bound(knots_.begin(), knots_.end(), value);
    if (above == knots_.begin()) {
      encoded = scores_.front();
    } else if (above == knots_.end()) {
      encoded = scores_.back();
    } else {
      const auto i = static_cast<size_t>(above - knots_.begin());
      const double part = (value - knots_[i - 1]) / (knots_[i] - knots_[i - 1]);
      encoded = scores_[i - 1] + part * (scores_[i] - scores_[i - 1]);
    }
  }
  return std::clamp(encoded, -options_.clip, options_.clip);
}

Json NumberEncoder::to_json() const {
  Json json = write_options(options_);
  if (options_.transform == NumberTransform::kStandard) {
    json["center"] = center_;
    json["scale"] = scale_;
  } else {
    json["values"] = Json(knots_);
    json["scores"] = Json(scores_);
  }
  return json;
}

NumberEncoder NumberEncoder::from_json(const Json& json) {
  NumberEncoder encoder;
  Json options = json;
  for (const char* key : {"center", "scale", "values", "scores"}) options.erase(key);
  try {
    read_options(options, "number encoder", encoder.options_);
  } catch (const Error& error) {
    throw Error(Code::kArtefact, error.message(), error.where());
  }
  if (encoder.options_.transform == NumberTransform::kStandard) {
    encoder.center_ = json.at("center").as_double();
    encoder.scale_ = json.at("scale").as_double();
    RIFT_REQUIRE(encoder.scale_ > 0.0, Code::kArtefact, "number encoder: expected scale > 0, got {}", encoder.scale_);
    return encoder;
  }
  encoder.knots_ = json.at("values").as_doubles();
  encoder.scores_ = json.at("scores").as_doubles();
  RIFT_REQUIRE(encoder.knots_.size() == encoder.scores_.size(), Code::kArtefact,
               "number encoder: {} values but {} scores", encoder.knots_.size(), encoder.scores_.size());
  const auto ascending = [](const std::vector<double>& v) {
    return std::adjacent_find(v.begin(), v.end(), std::greater_equal<>()) == v.end();
  };
  RIFT_REQUIRE(ascending(encoder.knots_) && ascending(encoder.scores_), Code::kArtefact,
               "number encoder: values and scores must ascend");
  return encoder;
}

}  // namespace rift::encode::tabular
