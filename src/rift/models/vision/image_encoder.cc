#include "rift/models/vision/image_encoder.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <set>

#include "rift/base/error.h"
#include "rift/nn/recompute.h"

namespace rift::models {

bool ImageEncoder::trains(const Part& part, const std::set<std::string_view>& adapted) const {
  return std::ranges::any_of(
      part.parameters, [&](const std::string& name) { return store_.at(name).trainable || adapted.contains(name); });
}

int64_t ImageEncoder::first_trainable_stage() const {
  std::set<std::string_view> adapted;
  const auto maps = const_cast<ImageEncoder*>(this)->linear_maps();  // hands out slots; here they are only read
  for (const nn::LinearMap* map : maps) {
    if (map->adapter && map->adapter->trainable()) adapted.insert(map->weight->name);
  }
  if (trains(stem_, adapted)) return 0;
  int64_t stage = 1;
  for (const Part& layer : layers_) {
    if (trains(layer, adapted) || additions_.trains(stage)) break;
    ++stage;
  }
  return stage;
}

void ImageEncoder::require_fitting(const at::Tensor& pixels) const {
  RIFT_CHECK(pixels.dim() == 4 && pixels.scalar_type() == store_.dtype());
  const ImageSizes& sizes = this->sizes();
  const int64_t channels = pixels.size(1), height = pixels.size(2), width = pixels.size(3);
  RIFT_REQUIRE(channels == sizes.channels, Code::kConfig, "images have {} channels, the model reads {}", channels,
               sizes.channels);
  if (sizes.image_size > 0) {
    RIFT_REQUIRE(
        height == sizes.image_size && width == sizes.image_size, Code::kUnsupported,
        "images are {} x {} pixels, the model's positions are those of {} x {}: interpolating positions is not "
        "implemented; resize the images",
        width, height, sizes.image_size, sizes.image_size);
  }
  RIFT_REQUIRE(std::min(height, width) >= sizes.least_size, Code::kUnsupported,
               "images are {} x {} pixels, the model needs {} x {} or more; resize the images", width, height,
               sizes.least_size, sizes.least_size);
}

at::Tensor ImageEncoder::features(const ImageBatch& batch, const nn::ForwardContext& context) const {
  require_fitting(batch.pixels);
  RIFT_CHECK(batch.pixels.size(0) == static_cast<int64_t>(batch.row_keys.size()));
  const auto rows = tensor::make_even_batch(batch.row_keys, sizes().states_per_image, batch.pixels.device());
  const int64_t lowest = first_trainable_stage();
  at::Tensor x = batch.pixels;
  for (int64_t stage = 0; stage <= sizes().layers; ++stage) {
    const bool takes_part = stage >= lowest;
    nn::ForwardContext own = context;
    own.training = context.training && takes_part;
    const at::AutoGradMode gradients(at::GradMode::is_enabled() && (takes_part || x.requires_grad()));
    if (own.training && own.recomputes && at::GradMode::is_enabled()) {
      x = nn::recomputed(
          [this, stage, own, rows](const at::Tensor& input, bool again) {
            nn::ForwardContext pass = own;
            pass.again = again;
            return run_stage(stage, input, {pass, rows});
          },
          x);
    } else {
      x = run_stage(stage, x, {own, rows});
    }
  }
  return x;
}

}  // namespace rift::models
