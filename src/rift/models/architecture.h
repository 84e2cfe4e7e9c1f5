#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/checkpoint/model_layout.h"
#include "rift/models/language_head.h"
#include "rift/models/pooler.h"
#include "rift/models/start_values.h"
#include "rift/models/text_encoder.h"
#include "rift/models/text_sizes.h"
#include "rift/nn/parameters.h"

/// The one table of architectures. All that the rest of rift knows of one goes through it.
namespace rift::models {

struct BuiltEncoder {
  std::unique_ptr<TextEncoder> encoder;
  OwnHead head;
  LanguageHeadSpec language_head;
  StartValues start;  // of what is new
};

struct Architecture {
  std::string_view model_type;   // of config.json: "bert"
  std::string_view title;        // "a BERT"
  std::string_view class_name;   // "Bert": transformers' classes begin with it
  std::string_view base_prefix;  // "bert.": of the encoder's parameters
  std::span<const checkpoint::UnusedTensors> unused;
  std::span<const std::string_view> buffers = {};  // of files, made by the model itself; by the ends of their names
  std::span<const std::string_view> transposed =
      {};                   // matrices that files keep as [in,out]; by the ends of their names
  bool bare_alone = false;  // AutoModel reads the encoder's tensors without base_prefix only
  OptionDoc (*options)();   // keys of config.json that it reads
  /// Registers the encoder's parameters in `store`, which must outlive it. Throws kUnsupported naming the setting that
  /// is not implemented, kArtefact when a value is missing or wrong.
  BuiltEncoder (*build)(const Json& config, std::string_view source, nn::ParameterStore& store);
  /// Of decoders, for complete_settings().
  Json (*complete)(const Json& config, std::string_view source) = nullptr;
  /// A config.json of it, as small as they come, whose settings beside sizes are the usual ones: the support matrix is
  /// made by trying models of it.
  std::string_view example;
};

/// All of them, in the order in which they are listed for people.
std::span<const Architecture* const> architectures();

/// The architecture that config.json's model_type names; kUnsupported with those that there are, and saying so where it
/// names one of images.
const Architecture& architecture_of(const Json& config, std::string_view source);

/// `config` with every dropout that its architecture has at 0. Throws as architecture_of() does.
Json without_dropout(const Json& config, std::string_view source);

/// What a decoder computes with, under the names of config.json: model_type and every option of its architecture. What
/// `config` leaves out has the value that the model takes for it; what follows from other keys is worked out. Keys that
/// say nothing about what the model computes are not in it. Throws as architecture_of() and build() do.
Json complete_settings(const Json& config, std::string_view source);

/// What config.json says of a model, weights not needed.
struct TextModelDescription {
  checkpoint::ModelLayout layout;
  TextSizes sizes;
  std::vector<std::vector<std::string>> linear_weights;  // of each layer, from the bottom up
  std::vector<std::string> tables;                       // of embeddings
};

/// `source` names config.json in errors. Throws as architecture_of() and build() do.
TextModelDescription describe_text_model(const Json& config, const std::string& source);

}  // namespace rift::models
