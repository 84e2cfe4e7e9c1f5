#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"

/// preprocessor_config.json: how the pixels of a photo become those that an image model expects. Torch-free.
namespace rift::models {

/// A size in pixels: both sides, or the shorter one, the other in proportion.
struct ProcessedSize {
  std::optional<int64_t> height;
  std::optional<int64_t> width;
  std::optional<int64_t> shortest_edge;

  template <class V>
  void visit(V& v) {
    v("height", height, "Of the image.", in_range(1, 16384));
    v("width", width, "Of the image.", in_range(1, 16384));
    v("shortest_edge", shortest_edge, "The shorter side; instead of the other two.", in_range(1, 16384));
  }
};

/// Under transformers' names (ViTImageProcessor, ConvNextImageProcessor and their kin).
struct ImageProcessorOptions {
  bool do_resize = true;
  ProcessedSize size;
  int64_t resample = 2;
  std::optional<double> crop_pct;
  bool do_center_crop = false;
  std::optional<ProcessedSize> crop_size;
  bool do_rescale = true;
  double rescale_factor = 1.0 / 255.0;
  bool do_normalize = true;
  std::vector<double> image_mean = {0.5, 0.5, 0.5};
  std::vector<double> image_std = {0.5, 0.5, 0.5};

  template <class V>
  void visit(V& v) {
    v("do_resize", do_resize, "Images are brought to `size`.");
    v("size", size, "Pixels of the image.");
    v("resample", resample, "Pillow's filter: 0 nearest, 1 Lanczos, 2 bilinear, 3 bicubic, 4 box, 5 Hamming.",
      in_range(0, 5));
    v("crop_pct", crop_pct, "Part of the resized image that is kept, where `size` is a shortest edge below 384.",
      in_range(0.01, 1));
    v("do_center_crop", do_center_crop, "`crop_size` is cut out of the middle.");
    v("crop_size", crop_size, "Pixels that are cut out.");
    v("do_rescale", do_rescale, "Pixels are multiplied by `rescale_factor`.");
    v("rescale_factor", rescale_factor, "1/255: from 0 .. 255 to 0 .. 1.", positive());
    v("do_normalize", do_normalize, "(pixel - mean) / std of each channel.");
    v("image_mean", image_mean, "Of each channel.");
    v("image_std", image_std, "Of each channel.", positive());
  }
};

/// Throws kUnsupported for a key that may change pixels and is not among these, kArtefact for a wrong value. One number
/// as `size`, as older files have it, is a square or a shortest edge by the kind of the processor.
ImageProcessorOptions read_image_processor(const Json& config, std::string_view source);

}  // namespace rift::models
