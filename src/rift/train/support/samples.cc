#include "rift/train/support/samples.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <utility>
#include <variant>

#include "rift/base/error.h"
#include "rift/checkpoint/gguf/tensor_names.h"
#include "rift/package/text_model.h"

namespace rift::train {

namespace {

constexpr const char* kConfigFile = "config.json";  // names the example in errors, as it would a model's

/// Waves for matrices, so that no two rows are alike; ones for norms, zeros for biases.
at::Tensor sample_values(const checkpoint::NamedShape& tensor) {
  if (tensor.shape.size() < 2) return at::full(tensor.shape, tensor.name.ends_with(".weight") ? 1.0 : 0.0, at::kFloat);
  int64_t count = 1;
  for (const int64_t size : tensor.shape) count *= size;
  const double phase = static_cast<double>(tensor.name.size());
  return at::arange(count, at::kFloat).mul(1.7).add(phase).sin().mul(0.1).view(tensor.shape);
}

at::Tensor sample_buffer(const checkpoint::NamedBuffer& buffer) {
  if (buffer.is_count) return at::zeros(buffer.shape, at::kLong);
  return at::full(buffer.shape, buffer.name.ends_with("running_var") ? 1.0 : 0.0, at::kFloat);
}

checkpoint::StoredMatrix in_blocks(const checkpoint::NamedShape& tensor) {
  const at::Tensor values = sample_values(tensor);
  const auto& info = checkpoint::format::ggml_type_info(checkpoint::format::GgmlType::kQ8_0);
  std::vector<std::byte> blocks(static_cast<size_t>(values.numel() / info.block_elements * info.block_bytes));
  checkpoint::format::quantize_q8_0({values.const_data_ptr<float>(), static_cast<size_t>(values.numel())}, blocks);
  return {info.type, tensor.shape[0], tensor.shape[1], std::move(blocks)};
}

/// Whether a GGUF file of the architecture holds this matrix in rows of its own, which can stay in their blocks.
bool has_rows_in_gguf(const models::Architecture& architecture, const checkpoint::NamedShape& tensor) {
  const checkpoint::GgufArchitecture* gguf = checkpoint::gguf_architecture_of(architecture.model_type);
  if (gguf == nullptr) return false;
  const std::string& name = tensor.name;
  auto found = checkpoint::gguf_tensor_name(*gguf, name);
  if (!found && name.starts_with(architecture.base_prefix)) {
    found = checkpoint::gguf_tensor_name(*gguf, name.substr(architecture.base_prefix.size()));
  }
  return found && checkpoint::keeps_rows(found->change, tensor.transposed_in_files);
}

}  // namespace

Json example_config(const models::Architecture& architecture) { return parse_json(architecture.example, kConfigFile); }
Json example_config(const models::ImageArchitecture& architecture) {
  return parse_json(architecture.example, kConfigFile);
}

tensor::TensorMap sample_tensors(const checkpoint::ModelLayout& layout) {
  tensor::TensorMap tensors;
  for (const auto* part : {&layout.encoder, &layout.pooler, &layout.language_head}) {
    for (const checkpoint::NamedShape& tensor : *part) tensors.emplace(tensor.name, sample_values(tensor));
  }
  for (const checkpoint::NamedBuffer& buffer : layout.buffers) tensors.emplace(buffer.name, sample_buffer(buffer));
  return tensors;
}

std::unique_ptr<models::TextClassifier> sample_model(const models::Architecture& architecture, SampleOptions options) {
  const Json config = example_config(architecture);
  const checkpoint::ModelLayout layout = models::describe_text_model(config, kConfigFile).layout;
  tensor::TensorMap tensors = sample_tensors(layout);
  for (const checkpoint::NamedShape& tensor : layout.language_head) tensors.erase(tensor.name);
  if (!layout.pooler_is_pretrained) {
    for (const checkpoint::NamedShape& tensor : layout.pooler) tensors.erase(tensor.name);
  }
  for (const auto& [name, matrix] : options.stored) tensors.erase(name);
  const auto own = value_named<models::Pooling>(layout.head_pooling);
  RIFT_CHECK(own);
  return std::make_unique<models::TextClassifier>(
      models::TextClassifierOptions{.config = config, .pooling = options.pooling.value_or(*own)}, tensors,
      std::move(options.stored));
}

std::unique_ptr<models::ImageClassifier> sample_model(const models::ImageArchitecture& architecture,
                                                      models::Pooling pooling, nn::BatchNormMode batch_norm) {
  const Json config = example_config(architecture);
  const checkpoint::ModelLayout layout = models::describe_image_model(config, kConfigFile).layout;
  return std::make_unique<models::ImageClassifier>(
      models::ImageClassifierOptions{.config = config, .pooling = pooling, .batch_norm = batch_norm},
      sample_tensors(layout));
}

std::map<std::string, checkpoint::StoredMatrix> sample_stored(const models::Architecture& architecture,
                                                              const tuning::TuningOptions& tuning) {
  const models::TextModelDescription described = models::describe_text_model(example_config(architecture), kConfigFile);
  const auto kept =
      package::kept_as_stored({.keeps_stored = true, .trained_layers = tuning.trained_layers()}, described);
  std::map<std::string, checkpoint::StoredMatrix> stored;
  for (const checkpoint::NamedShape& tensor : described.layout.encoder) {
    if (!kept.contains(tensor.name) || !has_rows_in_gguf(architecture, tensor)) continue;
    stored.emplace(tensor.name, in_blocks(tensor));
  }
  package::require_any_stored(stored, "MODEL");
  return stored;
}

std::vector<tuning::TuningOptions> every_tuning() {
  std::vector<tuning::TuningOptions> all;
  const auto add = [&]<class Method>(std::in_place_type_t<Method> /*kind*/) {
    tuning::TuningOptions& options = all.emplace_back();
    options.method.emplace<Method>();
    if (auto* top = std::get_if<tuning::TopKOptions>(&options.method)) top->layers = 1;  // an example has two
  };
  [&]<class... Methods>(const std::variant<Methods...>* /*all*/) {
    (add(std::in_place_type<Methods>), ...);
  }(static_cast<const decltype(tuning::TuningOptions::method)*>(nullptr));
  return all;
}

}  // namespace rift::train
