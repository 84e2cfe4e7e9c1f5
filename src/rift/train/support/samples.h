#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/checkpoint/stored_matrix.h"
#include "rift/models/architecture.h"
#include "rift/models/text_classifier.h"
#include "rift/models/vision/image_classifier.h"
#include "rift/nn/batch_norm.h"
#include "rift/tensor/tensor_map.h"
#include "rift/tuning/options.h"

/// Models of an architecture's example, with made-up weights: what the support matrix is tried on.
namespace rift::train {

Json example_config(const models::Architecture& architecture);
Json example_config(const models::ImageArchitecture& architecture);

/// Made-up weights for every tensor of a layout: encoder, buffers, pooler, language head.
tensor::TensorMap sample_tensors(const checkpoint::ModelLayout& layout);

struct SampleOptions {
  std::optional<models::Pooling> pooling;  // the architecture's own where it is not stated
  /// Matrices held as blocks of Q8_0, as those of a GGUF file would be under model.text.base_weights: as_stored.
  std::map<std::string, checkpoint::StoredMatrix> stored = {};
};
std::unique_ptr<models::TextClassifier> sample_model(const models::Architecture& architecture,
                                                     SampleOptions options = {});

std::unique_ptr<models::ImageClassifier> sample_model(const models::ImageArchitecture& architecture,
                                                      models::Pooling pooling = models::Pooling::kAutomatic,
                                                      nn::BatchNormMode batch_norm = nn::BatchNormMode::kFrozen);

/// The matrices that base_weights: as_stored leaves in their blocks under this tuning. Throws as
/// package::require_any_stored() does where GGUF files of the architecture hold none so.
std::map<std::string, checkpoint::StoredMatrix> sample_stored(const models::Architecture& architecture,
                                                              const tuning::TuningOptions& tuning);

/// One for each method, with settings that suit the examples.
std::vector<tuning::TuningOptions> every_tuning();

}  // namespace rift::train
