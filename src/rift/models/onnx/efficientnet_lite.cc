#include "rift/models/vision/efficientnet_lite.h"

#include "rift/models/onnx/graph.h"

namespace rift::models {

std::string EfficientNetLiteEncoder::describe_features(OnnxGraph& graph, const std::string& pixels) const {
  const auto run = [&](const ConvNorm& part, const std::string& x) {
    return graph.normalise(part.norm, graph.convolve(part.conv, x));
  };
  const auto run_active = [&](const ConvNorm& part, const std::string& x) {
    return graph.activate(nn::Activation::kRelu6, run(part, x));
  };
  graph.enter("stem");
  std::string x = run_active(stem_, pixels);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    graph.enter(fmt::format("layers.{}", i));
    const Block& block = blocks_[i];
    const std::string wide = run_active(block.depthwise, block.expand ? run_active(*block.expand, x) : x);
    const std::string y = run(block.project, wide);
    x = block.has_skip ? graph.op("Add", {y, x}) : y;
  }
  graph.enter(fmt::format("layers.{}", blocks_.size()));
  return run_active(head_, x);
}

std::string EfficientNetLiteEncoder::describe_pool(OnnxGraph& graph, const std::string& features, Pooling) const {
  return graph.mean(features, {2, 3});
}

}  // namespace rift::models
