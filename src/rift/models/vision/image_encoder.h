#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rift/models/additions.h"
#include "rift/models/options.h"
#include "rift/models/part.h"
#include "rift/models/vision/image_sizes.h"
#include "rift/nn/forward_context.h"
#include "rift/nn/linear.h"
#include "rift/nn/parameters.h"
#include "rift/tensor/packed_batch.h"

namespace rift::models {

class OnnxGraph;

struct ImageBatch {
  at::Tensor pixels;               // [B,C,H,W] of the model's element type, normalised as the model expects it
  std::vector<uint64_t> row_keys;  // [B], identity of the row in its data set; dropout depends on it, scoring does not
};

/// What one stage knows of the pass it runs in. `rows`: the images, states_per_image states each.
struct ImagePass {
  const nn::ForwardContext& context;
  const tensor::PackedBatch& rows;
};

/// Images -> features. ONE implementation for training and scoring; its parameters and running statistics live in the
/// model's ParameterStore under the canonical names.
///
/// Stages: 0 = stem, 1..L = layers. Stages below first_trainable_stage() run without gradient, without dropout and with
/// the running statistics, so that what they give for a row never changes while training.
class ImageEncoder {
 public:
  explicit ImageEncoder(const nn::ParameterStore& store) : store_(store) {}
  ImageEncoder(const ImageEncoder&) = delete;
  ImageEncoder& operator=(const ImageEncoder&) = delete;
  virtual ~ImageEncoder() = default;

  virtual const ImageSizes& sizes() const = 0;
  /// How features become one vector per image; the first is what the architecture's own classifier reads.
  virtual std::span<const Pooling> poolings() const = 0;
  virtual bool has_batch_norm() const = 0;
  /// Every linear map in order of use, convolutions among them.
  virtual std::vector<nn::LinearMap*> linear_maps() = 0;
  virtual std::vector<std::string> lora_maps() const = 0;
  virtual ScaledMaps scaled_maps() const = 0;
  /// What stands behind the parts of its layers, where it has such parts.
  Additions& additions() { return additions_; }
  const Additions& additions() const { return additions_; }
  virtual std::string why_no_additions() const {
    return "its layers are convolutions, with no attention to stand behind";
  }
  /// [B,D] from features(): kMean and kCls; the caller lays its pooler on kCls for kPooler.
  virtual at::Tensor pool(const at::Tensor& features, Pooling pooling) const = 0;
  /// features() and pool() as parts of an ONNX graph, of pixels [B,C,H,W].
  virtual std::string describe_features(OnnxGraph& graph, const std::string& pixels) const = 0;
  virtual std::string describe_pool(OnnxGraph& graph, const std::string& features, Pooling pooling) const = 0;

  const Part& stem() const { return stem_; }
  const std::vector<Part>& layers() const { return layers_; }
  /// Lowest stage with a trainable parameter or adapter; L + 1 when the whole encoder is frozen.
  int64_t first_trainable_stage() const;
  /// Feature maps [B,D,H',W'] of a convolutional network, states [B,T,D] of a ViT. Throws kUnsupported for images of a
  /// size that the model does not take, kConfig for another number of channels.
  at::Tensor features(const ImageBatch& batch, const nn::ForwardContext& context) const;

 protected:
  /// What was registered since the last of these calls is the stem, the next layer.
  void end_stem(std::string name) { stem_ = part_since(store_, std::move(name), std::exchange(begin_, registered())); }
  Additions additions_;

  void end_layer(std::string name) {
    layers_.push_back(part_since(store_, std::move(name), std::exchange(begin_, registered())));
  }

 private:
  virtual at::Tensor run_stage(int64_t stage, const at::Tensor& x, const ImagePass& pass) const = 0;
  /// adapted: names of weights whose adapters train.
  bool trains(const Part& part, const std::set<std::string_view>& adapted) const;
  void require_fitting(const at::Tensor& pixels) const;
  size_t registered() const { return store_.parameters().size(); }

  const nn::ParameterStore& store_;
  size_t begin_ = 0;
  Part stem_;
  std::vector<Part> layers_;
};

}  // namespace rift::models
