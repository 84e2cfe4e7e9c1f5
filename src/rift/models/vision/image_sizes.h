#pragma once

#include <cstdint>

namespace rift::models {

/// The sizes of an image encoder. Torch-free.
struct ImageSizes {
  int64_t channels = 3;
  int64_t width = 0;             // D of the pooled features
  int64_t layers = 0;            // beside the stem: residual blocks, layers of a ViT
  int64_t image_size = 0;        // pixels of both sides that images must have; 0: any from least_size on
  int64_t least_size = 32;       // pixels of either side
  int64_t states_per_image = 1;  // tokens of a ViT, its class token included
};

}  // namespace rift::models
