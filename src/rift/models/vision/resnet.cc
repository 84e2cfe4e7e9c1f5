#include "rift/models/vision/resnet.h"

#include <memory>

#include "rift/nn/pooling.h"

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a ResNet";
constexpr std::string_view kExample = R"({"model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8, 16],
  "depths": [1, 1], "layer_type": "basic"})";
constexpr std::string_view kHarmless[] = {"out_features", "out_indices", "stage_names"};  // of transformers' backbones
constexpr Pooling kPoolings[] = {Pooling::kMean};
constexpr const char* kClassifier = "classifier.1";

BuiltImageEncoder build(const ImageBuildOptions& build, nn::ParameterStore& store) {
  const ResNetOptions options = read_resnet_options(build.config, build.source);
  BuiltImageEncoder built;
  built.encoder = std::make_unique<ResNetEncoder>(options, build.batch_norm, store);
  built.head.classifier = kClassifier;
  built.aliases = torchvision_names(store, kClassifier);
  return built;
}

}  // namespace

ResNetOptions read_resnet_options(const Json& config, std::string_view source) {
  const auto options = read_config<ResNetOptions>(config, source, {.title = kTitle, .harmless = kHarmless});
  RIFT_REQUIRE(!options.depths.empty() && options.depths.size() == options.hidden_sizes.size(), Code::kArtefact,
               "{}: depths: expected one for each of {} hidden_sizes, got {}", source, options.hidden_sizes.size(),
               options.depths.size());
  for (const int64_t size : options.hidden_sizes) {
    RIFT_REQUIRE(options.layer_type == ResNetLayerType::kBasic || size >= kBottleneckReduction, Code::kArtefact,
                 "{}: hidden_sizes: a bottleneck of {} channels has none in its midst", source, size);
  }
  return options;
}

const ImageArchitecture kResNet = {.model_type = "resnet",
                                   .title = kTitle,
                                   .class_name = "ResNet",
                                   .base_prefix = "resnet.",
                                   .unused = {},
                                   .build = build,
                                   .recognise = recognise_torchvision_resnet,
                                   .example = kExample};

ResNetEncoder::ResNetEncoder(const ResNetOptions& options, nn::BatchNormMode batch_norm, nn::ParameterStore& store)
    : ImageEncoder(store), options_(options), norm_{.mode = batch_norm}, store_(store) {
  sizes_ = {.channels = options.num_channels, .width = options.hidden_sizes.back()};
  embedder_ =
      add_conv("resnet.embedder.embedder", {.in = options.num_channels, .out = options.embedding_size, .kernel = 7}, 2);
  end_stem("resnet.embedder");
  int64_t in = options.embedding_size;
  for (size_t stage = 0; stage < options.depths.size(); ++stage) {
    const bool halves = stage > 0 || options.downsample_in_first_stage;
    for (int64_t i = 0; i < options.depths[stage]; ++i) {
      const std::string name = fmt::format("resnet.encoder.stages.{}.layers.{}", stage, i);
      add_block(name, {.in = in, .out = options.hidden_sizes[stage], .stride = halves && i == 0 ? 2 : 1});
      end_layer(name);
      in = options.hidden_sizes[stage];
    }
  }
  sizes_.layers = static_cast<int64_t>(blocks_.size());
}

std::span<const Pooling> ResNetEncoder::poolings() const { return kPoolings; }

ResNetEncoder::ConvNorm ResNetEncoder::add_conv(const std::string& name, const nn::Conv2dShape& shape, int64_t stride) {
  return {.convolution =
              nn::Conv2d::add_to(store_, name + ".convolution", shape, {.stride = stride, .padding = shape.kernel / 2}),
          .normalization = nn::BatchNorm2d::add_to(store_, name + ".normalization", shape.out, norm_)};
}

void ResNetEncoder::add_block(const std::string& name, const BlockShape& shape) {
  Block& block = blocks_.emplace_back();
  const int64_t in = shape.in, out = shape.out, stride = shape.stride;
  if (in != out || stride != 1) block.shortcut = add_conv(name + ".shortcut", {.in = in, .out = out}, stride);
  const auto layer = [&](const nn::Conv2dShape& conv, int64_t step) {
    block.layer.push_back(add_conv(fmt::format("{}.layer.{}", name, block.layer.size()), conv, step));
  };
  if (options_.layer_type == ResNetLayerType::kBasic) {
    layer({.in = in, .out = out, .kernel = 3}, stride);
    layer({.in = out, .out = out, .kernel = 3}, 1);
    return;
  }
  const int64_t narrow = out / kBottleneckReduction;
  const bool early = options_.downsample_in_bottleneck;
  layer({.in = in, .out = narrow}, early ? stride : 1);
  layer({.in = narrow, .out = narrow, .kernel = 3}, early ? 1 : stride);
  layer({.in = narrow, .out = out}, 1);
}

std::vector<nn::LinearMap*> ResNetEncoder::linear_maps() {
  std::vector<nn::LinearMap*> maps = {&embedder_.convolution};
  for (Block& block : blocks_) {
    if (block.shortcut) maps.push_back(&block.shortcut->convolution);
    for (ConvNorm& conv : block.layer) maps.push_back(&conv.convolution);
  }
  return maps;
}

at::Tensor ResNetEncoder::run_conv(const ConvNorm& conv, const at::Tensor& x, const nn::LinearCall& call) const {
  return conv.normalization.forward(conv.convolution.forward(x, call), call.context);
}

at::Tensor ResNetEncoder::run_stage(int64_t stage, const at::Tensor& x, const ImagePass& pass) const {
  nn::LinearCall call{.context = pass.context, .batch = pass.rows, .layer = stage, .tokens = nn::TokensRead::kFirst};
  if (stage == 0) return nn::max_pool_3x3(nn::activate(options_.hidden_act, run_conv(embedder_, x, call)));
  const Block& block = blocks_[static_cast<size_t>(stage - 1)];
  at::Tensor y = x;
  for (const ConvNorm& conv : block.layer) {
    if (call.site > 0) y = nn::activate(options_.hidden_act, y);
    y = run_conv(conv, y, call);
    ++call.site;
  }
  return nn::activate(options_.hidden_act, y.add(block.shortcut ? run_conv(*block.shortcut, x, call) : x));
}

at::Tensor ResNetEncoder::pool(const at::Tensor& features, Pooling) const { return nn::mean_of_places(features); }

}  // namespace rift::models
