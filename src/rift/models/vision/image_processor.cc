#include "rift/models/vision/image_processor.h"

#include "rift/models/config_reader.h"

namespace rift::models {

namespace {

constexpr std::string_view kRequired[] = {"size"};
constexpr std::string_view kHarmless[] = {
    "data_format",
    "do_convert_rgb",  // photos are read as RGB
    "feature_extractor_type",
    "image_processor_type",
    "input_data_format",
    "processor_class",
};
constexpr std::string_view kShortestEdgeKinds[] = {"ConvNext"};
constexpr std::string_view kSquareKinds[] = {"ViT", "DeiT", "Beit"};

std::string kind_of(const Json& config) {
  for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
    const Json* kind = config.find(key);
    if (kind != nullptr && kind->is_string()) return kind->as_string();
  }
  return "";
}

/// {"height", "width"} or {"shortest_edge"} of one number.
Json size_of_number(const Json& pixels, const std::string& kind, std::string_view source) {
  for (const std::string_view beginning : kShortestEdgeKinds) {
    if (kind.starts_with(beginning)) return Json{{"shortest_edge", pixels}};
  }
  for (const std::string_view beginning : kSquareKinds) {
    if (kind.starts_with(beginning)) return Json{{"height", pixels}, {"width", pixels}};
  }
  RIFT_FAIL(
      Code::kUnsupported,
      "{}: size: {} is both sides or the shorter one by the kind of the processor, which '{}' does not say; write "
      "height and width, or shortest_edge",
      source, to_json_text(pixels), shorten(kind));
}

}  // namespace

ImageProcessorOptions read_image_processor(const Json& config, std::string_view source) {
  RIFT_REQUIRE(config.is_object(), Code::kArtefact, "{}: expected a mapping, got {}", source, config.kind_name());
  Json members = config;
  for (const char* key : {"size", "crop_size"}) {
    const Json* size = config.find(key);
    if (size != nullptr && size->is_integer()) members[key] = size_of_number(*size, kind_of(config), source);
  }
  const auto options = read_config<ImageProcessorOptions>(
      members, source, {.title = "an image processor", .required = kRequired, .harmless = kHarmless});
  RIFT_REQUIRE(options.image_mean.size() == options.image_std.size(), Code::kArtefact,
               "{}: image_std: expected one for each of {} image_mean, got {}", source, options.image_mean.size(),
               options.image_std.size());
  const ProcessedSize& size = options.size;
  RIFT_REQUIRE(size.shortest_edge ? !size.height && !size.width : size.height && size.width, Code::kUnsupported,
               "{}: size: this build reads height and width, or shortest_edge; write one of the two", source);
  return options;
}

}  // namespace rift::models
