#include "rift/models/vision/efficientnet_lite.h"

#include <ATen/ops/ones.h>

#include <algorithm>
#include <memory>
#include <set>

#include "rift/nn/activation.h"
#include "rift/nn/dropout.h"
#include "rift/nn/pooling.h"

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "an EfficientNet-lite";
constexpr std::string_view kExample = R"({"model_type": "efficientnet_lite", "stem": 8, "head": 16, "stages": [
  {"repeats": 1, "kernel": 3, "stride": 1, "expansion": 1, "out": 8},
  {"repeats": 1, "kernel": 3, "stride": 2, "expansion": 2, "out": 16}]})";
constexpr std::string_view kModelType = "efficientnet_lite";
constexpr Pooling kPoolings[] = {Pooling::kMean};

BuiltImageEncoder build(const ImageBuildOptions& build, nn::ParameterStore& store) {
  const EfficientNetLiteOptions options = read_efficientnet_lite_options(build.config, build.source);
  BuiltImageEncoder built;
  built.encoder = std::make_unique<EfficientNetLiteEncoder>(options, build.batch_norm, store);
  built.head.classifier = "_fc";
  built.head.classifier_dropout = options.dropout_rate;
  return built;
}

int64_t block_count(const EfficientNetLiteOptions& options) {
  int64_t count = 0;
  for (const EfficientNetStage& stage : options.stages) count += stage.repeats;
  return count;
}

/// Training leaves out a block of some rows, the others' times 1 / (1 - rate): stochastic depth (arXiv:1603.09382).
at::Tensor drop_connect(const at::Tensor& x, double rate, const nn::LinearCall& call) {
  if (!call.context.training || rate == 0) return x;
  const at::Tensor ones = at::ones({x.size(0), 1}, x.options());
  const auto site = static_cast<uint32_t>(nn::DropoutSite::kFeedForwardOutput);
  return x.mul(nn::dropout(ones, {rate, call.layer, site, nn::TokensRead::kFirst}, call.batch, call.context)
                   .view({-1, 1, 1, 1}));
}

}  // namespace

EfficientNetLiteOptions read_efficientnet_lite_options(const Json& config, std::string_view source) {
  auto options = read_config<EfficientNetLiteOptions>(config, source, {.title = kTitle, .required = {}});
  RIFT_REQUIRE(!options.stages.empty(), Code::kArtefact, "{}: stages: expected one or more", source);
  return options;
}

std::optional<Json> recognise_efficientnet_lite(std::span<const checkpoint::NamedShape> tensors,
                                                std::string_view source) {
  std::set<std::string> blocks;
  bool has_stem = false, squeezes = false;
  for (const auto& tensor : tensors) {
    const std::string_view name = tensor.name;
    has_stem = has_stem || name == "_conv_stem.weight";
    squeezes = squeezes || name.find("._se_reduce.") != std::string_view::npos;
    if (name.starts_with("_blocks.")) blocks.insert(std::string(name.substr(0, name.find('.', 8))));
  }
  if (!has_stem || blocks.empty()) return std::nullopt;
  const EfficientNetLiteOptions lite0;
  RIFT_REQUIRE(
      !squeezes && static_cast<int64_t>(blocks.size()) == block_count(lite0), Code::kUnsupported,
      "{}: an EfficientNet of {} blocks{}; of this family this build recognises lite0 by its weights, {} blocks "
      "without squeeze-and-excitation",
      source, blocks.size(), squeezes ? " with squeeze-and-excitation" : "", block_count(lite0));
  Json config = write_options(lite0);
  config["model_type"] = kModelType;
  return config;
}

const ImageArchitecture kEfficientNetLite = {.model_type = kModelType,
                                             .title = kTitle,
                                             .class_name = "",
                                             .base_prefix = "",
                                             .unused = {},
                                             .build = build,
                                             .recognise = recognise_efficientnet_lite,
                                             .example = kExample};

EfficientNetLiteEncoder::EfficientNetLiteEncoder(const EfficientNetLiteOptions& options, nn::BatchNormMode batch_norm,
                                                 nn::ParameterStore& store)
    : ImageEncoder(store),
      norm_{.epsilon = options.batch_norm_epsilon, .momentum = options.batch_norm_momentum, .mode = batch_norm},
      store_(store) {
  stem_ = add_conv({"_conv_stem", "_bn0"}, {.in = options.num_channels, .out = options.stem, .kernel = 3}, 2);
  end_stem("_conv_stem");
  int64_t in = options.stem;
  for (const EfficientNetStage& stage : options.stages) {
    for (int64_t i = 0; i < stage.repeats; ++i) {
      const auto index = static_cast<double>(blocks_.size());
      add_block(stage, in, i == 0 ? stage.stride : 1);
      blocks_.back().drop_rate = options.drop_connect_rate * index / static_cast<double>(block_count(options));
      in = stage.out;
    }
  }
  head_ = add_conv({"_conv_head", "_bn1"}, {.in = in, .out = options.head});
  end_layer("_conv_head");
  sizes_ = {.channels = options.num_channels, .width = options.head, .layers = static_cast<int64_t>(layers().size())};
}

std::span<const Pooling> EfficientNetLiteEncoder::poolings() const { return kPoolings; }

EfficientNetLiteEncoder::ConvNorm EfficientNetLiteEncoder::add_conv(const ConvNames& names,
                                                                    const nn::Conv2dShape& shape, int64_t stride,
                                                                    int64_t groups) {
  return {
      .conv = nn::Conv2d::add_to(store_, names.conv, shape, {.stride = stride, .pads_to_same = true, .groups = groups}),
      .norm = nn::BatchNorm2d::add_to(store_, names.norm, shape.out, norm_)};
}

void EfficientNetLiteEncoder::add_block(const EfficientNetStage& stage, int64_t in, int64_t stride) {
  const std::string name = fmt::format("_blocks.{}", blocks_.size());
  Block& block = blocks_.emplace_back();
  const int64_t wide = in * stage.expansion;
  if (stage.expansion != 1) block.expand = add_conv({name + "._expand_conv", name + "._bn0"}, {.in = in, .out = wide});
  block.depthwise = add_conv({name + "._depthwise_conv", name + "._bn1"},
                             {.in = wide, .out = wide, .kernel = stage.kernel}, stride, wide);
  block.project = add_conv({name + "._project_conv", name + "._bn2"}, {.in = wide, .out = stage.out});
  block.has_skip = stride == 1 && in == stage.out;
  end_layer(name);
}

std::vector<nn::LinearMap*> EfficientNetLiteEncoder::linear_maps() {
  std::vector<nn::LinearMap*> maps = {&stem_.conv};
  for (Block& block : blocks_) {
    if (block.expand) maps.push_back(&block.expand->conv);
    maps.insert(maps.end(), {&block.depthwise.conv, &block.project.conv});
  }
  maps.push_back(&head_.conv);
  return maps;
}

at::Tensor EfficientNetLiteEncoder::run_stage(int64_t stage, const at::Tensor& x, const ImagePass& pass) const {
  const nn::LinearCall call{
      .context = pass.context, .batch = pass.rows, .layer = stage, .tokens = nn::TokensRead::kFirst};
  if (stage > 0 && stage < sizes_.layers) return run_block(blocks_[static_cast<size_t>(stage - 1)], x, call);
  const ConvNorm& outer = stage == 0 ? stem_ : head_;
  return nn::activate(nn::Activation::kRelu6, outer.norm.forward(outer.conv.forward(x, call), pass.context));
}

at::Tensor EfficientNetLiteEncoder::run_block(const Block& block, const at::Tensor& x,
                                              const nn::LinearCall& block_call) const {
  nn::LinearCall call = block_call;
  const auto run = [&](const ConvNorm& part, const at::Tensor& input) {
    const at::Tensor y = part.norm.forward(part.conv.forward(input, call), call.context);
    ++call.site;
    return y;
  };
  at::Tensor y = x;
  if (block.expand) y = nn::activate(nn::Activation::kRelu6, run(*block.expand, y));
  y = nn::activate(nn::Activation::kRelu6, run(block.depthwise, y));
  y = run(block.project, y);
  return block.has_skip ? drop_connect(y, block.drop_rate, block_call).add(x) : y;
}

at::Tensor EfficientNetLiteEncoder::pool(const at::Tensor& features, Pooling) const {
  return nn::mean_of_places(features);
}

}  // namespace rift::models
