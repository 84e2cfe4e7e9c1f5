#include "rift/encode/tabular/number_encoder.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/normal.h"

namespace rift::encode::tabular {
namespace {

struct Tie {
  double value;
  double score;  // normal quantile of the mid-rank share
};

std::vector<Tie> ties_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::vector<Tie> ties;
  const double n = static_cast<double>(values.size());
  for (size_t i = 0; i < values.size();) {
    size_t j = i;
    while (j < values.size() && values[j] == values[i]) ++j;
    ties.push_back({values[i], normal_quantile(static_cast<double>(i + j) / (2.0 * n))});
    i = j;
  }
  return ties;
}

/// At most `limit` of the ties, both ends kept, evenly spaced in score, so that the tails keep theirs.
std::vector<Tie> thinned(const std::vector<Tie>& ties, int64_t limit) {
  const auto count = static_cast<size_t>(limit);
  if (ties.size() <= count) return ties;
  std::vector<Tie> kept;
  const double low = ties.front().score, high = ties.back().score;
  size_t i = 0;
  for (size_t k = 0; k < count; ++k) {
    const double wanted = low + (high - low) * static_cast<double>(k) / static_cast<double>(count - 1);
    while (i + 1 < ties.size() && ties[i].score < wanted) ++i;
    if (k + 1 == count) i = ties.size() - 1;
    if (kept.empty() || kept.back().value < ties[i].value) kept.push_back(ties[i]);
  }
  return kept;
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
    for (const Tie& tie : thinned(ties_of(std::move(finite)), options.knots)) {
      encoder.knots_.push_back(tie.value);
      encoder.scores_.push_back(tie.score);
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
