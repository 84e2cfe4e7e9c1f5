#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rift/base/json.h"
#include "rift/checkpoint/model_layout.h"
#include "rift/models/pooler.h"
#include "rift/models/vision/image_encoder.h"
#include "rift/models/vision/image_sizes.h"
#include "rift/nn/batch_norm.h"
#include "rift/nn/parameters.h"

/// The one table of image architectures, beside that of text (models/architecture.h): an image encoder reads pixels and
/// has a stem where a text encoder reads packed tokens, so that nobody who builds one could use the other.
namespace rift::models {

struct ImageBuildOptions {
  const Json& config;       // config.json, or what recognise() made of a state dict
  std::string_view source;  // names it in errors
  nn::BatchNormMode batch_norm = nn::BatchNormMode::kFrozen;
};

struct BuiltImageEncoder {
  std::unique_ptr<ImageEncoder> encoder;
  OwnHead head;
  double initializer_range = 0.02;  // standard deviation of new weights
  /// Names that another library has for tensors of encoder and classifier.
  std::vector<checkpoint::Alias> aliases = {};
};

struct ImageArchitecture {
  std::string_view model_type;   // of config.json: "resnet"
  std::string_view title;        // "a ResNet"
  std::string_view class_name;   // "ResNet": transformers' classes begin with it; "" = transformers has none
  std::string_view base_prefix;  // "resnet.": of the encoder's parameters
  std::span<const checkpoint::UnusedTensors> unused;
  /// Registers the encoder's parameters and buffers in `store`, which must outlive it. Throws kUnsupported naming the
  /// setting that is not implemented, kArtefact when a value is missing or wrong.
  BuiltImageEncoder (*build)(const ImageBuildOptions& options, nn::ParameterStore& store);
  /// The config.json of a state dict that comes without one, from its names and shapes; nullopt when it is none of this
  /// architecture. nullptr for an architecture whose sizes weights do not tell.
  std::optional<Json> (*recognise)(std::span<const checkpoint::NamedShape> tensors, std::string_view source);
  std::string_view example;  // a config.json of it, as small as they come; as that of Architecture
};

/// All of them, in the order in which they are listed for people.
std::span<const ImageArchitecture* const> image_architectures();

/// Whether config.json's model_type names an image architecture.
bool is_image_model(const Json& config);
/// The one that it names; kUnsupported with those that there are.
const ImageArchitecture& image_architecture_of(const Json& config, std::string_view source);

/// The config.json of a state dict. Throws kUnsupported naming what is recognised when it is none of them.
Json recognise_image_model(std::span<const checkpoint::NamedShape> tensors, const std::string& source);

/// What config.json says of a model, weights not needed.
struct ImageModelDescription {
  checkpoint::ModelLayout layout;
  ImageSizes sizes;
};

/// `source` names config.json in errors. Throws as image_architecture_of() and build() do.
ImageModelDescription describe_image_model(const Json& config, const std::string& source);

}  // namespace rift::models
