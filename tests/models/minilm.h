#pragma once

#include <filesystem>
#include <memory>

#include "models/load.h"
#include "rift/models/text_classifier.h"
#include "support/outside_data.h"

namespace rift::test {

/// A classifier with one output on the pooler, from a Hugging Face directory.
inline std::unique_ptr<models::TextClassifier> classifier_of(const std::filesystem::path& path,
                                                             at::ScalarType dtype = at::kFloat) {
  const auto directory = checkpoint::open_hf_directory(path);
  const auto loaded = load_weights(directory, {.num_labels = 1, .require_pooler = true});
  return std::make_unique<models::TextClassifier>(
      models::TextClassifierOptions{.config = directory.config, .dtype = dtype}, loaded.tensors);
}

}  // namespace rift::test
