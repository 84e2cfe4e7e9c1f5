#include "rift/models/vision/resnet.h"

#include "rift/models/onnx/graph.h"

namespace rift::models {

std::string ResNetEncoder::describe_block(OnnxGraph& graph, const Block& block, const std::string& x) const {
  const auto run = [&](const ConvNorm& conv, const std::string& input) {
    return graph.normalise(conv.normalization, graph.convolve(conv.convolution, input));
  };
  std::string y = x;
  for (size_t i = 0; i < block.layer.size(); ++i) {
    y = run(block.layer[i], i == 0 ? y : graph.activate(options_.hidden_act, y));
  }
  const std::string shortcut = block.shortcut ? run(*block.shortcut, x) : x;
  return graph.activate(options_.hidden_act, graph.op("Add", {y, shortcut}));
}

std::string ResNetEncoder::describe_features(OnnxGraph& graph, const std::string& pixels) const {
  graph.enter("stem");
  const std::string stem = graph.normalise(embedder_.normalization, graph.convolve(embedder_.convolution, pixels));
  std::string x = graph.op("MaxPool", {graph.activate(options_.hidden_act, stem)},
                           {{"kernel_shape", std::vector<int64_t>{3, 3}},
                            {"strides", std::vector<int64_t>{2, 2}},
                            {"pads", std::vector<int64_t>{1, 1, 1, 1}}});  // nn::max_pool_3x3()
  for (size_t i = 0; i < blocks_.size(); ++i) {
    graph.enter(fmt::format("layers.{}", i));
    x = describe_block(graph, blocks_[i], x);
  }
  return x;
}

std::string ResNetEncoder::describe_pool(OnnxGraph& graph, const std::string& features, Pooling) const {
  return graph.mean(features, {2, 3});
}

}  // namespace rift::models
