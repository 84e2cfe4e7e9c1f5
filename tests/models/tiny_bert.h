#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/tiny_model.h"

namespace rift::test {

inline constexpr const char* kTinyBert = "tests/models/fixtures/tiny_bert";

inline const Json& tiny_golden() {
  static const Json golden = golden_in(kTinyBert);
  return golden;
}

inline std::unique_ptr<models::TextClassifier> tiny_classifier(const TinyOptions& options = {}) {
  return classifier_in(kTinyBert, options);
}

inline tensor::PackedBatch tiny_batch(std::vector<size_t> picked = {}) {
  return golden_batch(tiny_golden(), std::move(picked));
}

}  // namespace rift::test
