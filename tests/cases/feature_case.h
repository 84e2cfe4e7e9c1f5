#pragma once

#include <map>
#include <string>
#include <vector>

#include "cases/case_file.h"
#include "rift/metrics/transferability.h"

namespace rift::cases {

/// A case of transferability.case.
struct FeatureCase {
  std::vector<float> features, questions;
  Values label;
  int64_t classes, width, neighbours;
  double strength;

  explicit FeatureCase(const Case& one)
      : features(floats(one.column("features"))),
        questions(floats(one.column("asked"))),
        label(one.column("label")),
        classes(static_cast<int64_t>(one.expect.at("classes").at(0))),
        width(static_cast<int64_t>(one.expect.at("width").at(0))),
        neighbours(static_cast<int64_t>(one.expect.at("neighbours").at(0))),
        strength(one.expect.at("strength").at(0)) {}

  metrics::FeatureRows known() const { return rows(features); }
  metrics::FeatureRows asked() const { return rows(questions); }

 private:
  static std::vector<float> floats(const Values& values) { return {values.begin(), values.end()}; }
  metrics::FeatureRows rows(const std::vector<float>& values) const {
    return {.values = values, .rows = static_cast<int64_t>(values.size()) / width, .width = width};
  }
};

/// What stands among a case's expectations and is its input.
inline std::map<std::string, Figure> given_of_feature_cases() {
  std::map<std::string, Figure> figures;
  for (const char* key : {"classes", "width", "neighbours", "strength"})
    figures[key] = [key](const Case& one) { return one.expect.at(key); };
  return figures;
}

}  // namespace rift::cases
