#include "rift/models/vision/image_processor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/failure.h"

namespace rift::models {
namespace {

using test::failure;
using testing::HasSubstr;
using testing::StartsWith;

ImageProcessorOptions read(const std::string& json) {
  return read_image_processor(parse_json(json, "p"), "preprocessor_config.json");
}

// As transformers 4.57 writes ViTImageProcessor() and ConvNextImageProcessor(size={"shortest_edge": 224}).
TEST(ImageProcessor, ReadsWhatTransformersWrites) {
  const auto vit = read(R"({"do_convert_rgb": null, "do_normalize": true, "do_rescale": true, "do_resize": true,
      "image_mean": [0.5, 0.5, 0.5], "image_processor_type": "ViTImageProcessor", "image_std": [0.25, 0.5, 0.5],
      "resample": 2, "rescale_factor": 0.00392156862745098, "size": {"height": 224, "width": 224}})");
  EXPECT_EQ(vit.size.height, 224);
  EXPECT_EQ(vit.size.width, 224);
  EXPECT_EQ(vit.image_std, (std::vector<double>{0.25, 0.5, 0.5}));
  EXPECT_DOUBLE_EQ(vit.rescale_factor, 1.0 / 255.0);
  const auto convnext = read(R"({"crop_pct": 0.875, "do_normalize": true, "do_rescale": true, "do_resize": true,
      "image_mean": [0.485, 0.456, 0.406], "image_processor_type": "ConvNextImageProcessor",
      "image_std": [0.229, 0.224, 0.225], "resample": 3, "rescale_factor": 0.00392156862745098,
      "size": {"shortest_edge": 224}})");
  EXPECT_EQ(convnext.size.shortest_edge, 224);
  EXPECT_FALSE(convnext.size.height);
  EXPECT_EQ(convnext.resample, 3);
  EXPECT_DOUBLE_EQ(convnext.crop_pct.value(), 0.875);
}

TEST(ImageProcessor, OneNumberIsReadByTheKindOfTheProcessor) {
  const ProcessedSize square = read(R"({"feature_extractor_type": "ViTFeatureExtractor", "size": 224})").size;
  EXPECT_EQ(square.height, 224);
  EXPECT_EQ(square.width, 224);
  EXPECT_EQ(read(R"({"feature_extractor_type": "ConvNextFeatureExtractor", "size": 224})").size.shortest_edge, 224);
  EXPECT_THAT(failure([] { read(R"({"feature_extractor_type": "OwnExtractor", "size": 224})"); }),
              StartsWith("unsupported: preprocessor_config.json: size: 224 is both sides or the shorter one"));
}

TEST(ImageProcessor, WhatMayChangePixelsIsRefusedByName) {
  EXPECT_THAT(failure([] { read(R"({"size": {"shortest_edge": 224}, "do_flip_channel_order": true})"); }),
              HasSubstr("unknown setting 'do_flip_channel_order'"));
  EXPECT_THAT(failure([] { read(R"({"do_resize": true})"); }), HasSubstr("'size' is missing"));
  EXPECT_THAT(failure([] { read(R"({"size": {"height": 224}})"); }), HasSubstr("height and width, or shortest_edge"));
  EXPECT_THAT(failure([] { read(R"({"size": {"shortest_edge": 224}, "image_mean": [0.5]})"); }),
              HasSubstr("image_std: expected one for each of 1 image_mean, got 3"));
  EXPECT_THAT(failure([] { read(R"({"size": {"shortest_edge": 224}, "resample": 9})"); }), StartsWith("artefact: "));
}

}  // namespace
}  // namespace rift::models
