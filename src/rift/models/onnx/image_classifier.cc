#include "rift/models/vision/image_classifier.h"

#include "rift/models/onnx/graph.h"

namespace rift::models {

std::string ImageClassifier::describe(OnnxGraph& graph) const {
  const std::string pixels = "pixel_values";
  const ImageSizes& sizes = encoder_->sizes();
  const auto side = [&](const char* name) -> OnnxGraph::Size {
    if (sizes.image_size > 0) return sizes.image_size;
    return name;
  };
  graph.input(pixels, OnnxGraph::Type::kF32, {"rows", sizes.channels, side("height"), side("width")});
  const std::string features = encoder_->describe_features(graph, pixels);
  graph.enter("head");
  const bool has_pooler = pooling_ == Pooling::kPooler;
  const std::string read = encoder_->describe_pool(graph, features, has_pooler ? Pooling::kCls : pooling_);
  return graph.linear(classifier_, has_pooler ? graph.pool(*pooler_, read) : read);
}

}  // namespace rift::models
