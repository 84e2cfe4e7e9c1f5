#pragma once

#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "models/load.h"
#include "rift/base/files.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/models/text_classifier.h"
#include "rift/tensor/packed_batch.h"

namespace rift::test {

struct TinyOptions {
  std::optional<models::Pooling> pooling;  // the architecture's own where it is not stated
  int64_t outputs = 1;
  at::ScalarType dtype = at::kFloat;
  uint64_t seed = 1;
};

/// A model directory with golden.json beside it (tools/fixtures/models).
inline std::unique_ptr<models::TextClassifier> classifier_in(const std::string& folder,
                                                             const TinyOptions& options = {}) {
  const auto directory = checkpoint::open_hf_directory(folder);
  const auto loaded = load_weights(directory, {.num_labels = options.outputs});
  const std::string own = layout_of(directory.config).head_pooling;
  const models::Pooling pooling = options.pooling.value_or(value_named<models::Pooling>(own).value());
  return std::make_unique<models::TextClassifier>(models::TextClassifierOptions{.config = directory.config,
                                                                                .pooling = pooling,
                                                                                .outputs = options.outputs,
                                                                                .seed = options.seed,
                                                                                .dtype = options.dtype},
                                                  loaded.tensors);
}

inline Json golden_in(const std::string& folder) {
  return parse_json(read_file(folder + "/golden.json"), folder + "/golden.json");
}

/// The golden rows `picked` (all when empty), row number as row key.
inline tensor::PackedBatch golden_batch(const Json& golden, std::vector<size_t> picked = {}) {
  if (picked.empty()) {
    picked.resize(golden.at("rows").size());
    std::iota(picked.begin(), picked.end(), size_t{0});
  }
  tensor::TokenRows rows;
  for (const size_t row : picked) {
    std::vector<int32_t> ids;
    for (const Json& id : golden.at("rows").at(row).as_array()) ids.push_back(static_cast<int32_t>(id.as_int()));
    std::vector<int32_t> types(ids.size(), 0);
    for (const Json& second : golden.at("second_segment").as_array()) {
      if (second.at("row").as_int() != static_cast<int64_t>(row)) continue;
      for (size_t t = static_cast<size_t>(second.at("token").as_int()); t < ids.size(); ++t) types[t] = 1;
    }
    rows.add_row(ids, row, types);
  }
  return tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
}

inline std::vector<double> numbers_of(const Json& list) {
  std::vector<double> values;
  for (const Json& item : list.as_array()) {
    if (item.is_array()) {
      for (const double value : numbers_of(item)) values.push_back(value);
    } else {
      values.push_back(item.as_double());
    }
  }
  return values;
}

/// A matrix as one list per row.
inline Json rows_of(const at::Tensor& matrix) {
  Json rows = Json::array();
  for (int64_t row = 0; row < matrix.size(0); ++row) {
    Json values = Json::array();
    for (int64_t i = 0; i < matrix.size(1); ++i) values.push_back(matrix[row][i].item<double>());
    rows.push_back(std::move(values));
  }
  return rows;
}

}  // namespace rift::test
