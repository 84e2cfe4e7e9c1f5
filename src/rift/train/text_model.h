#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/name_map.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/models/text_classifier.h"
#include "rift/package/pretrained.h"
#include "rift/train/options.h"

namespace rift::train {

struct TextModelSpec {
  const TextModelOptions& options;
  std::optional<std::filesystem::path> init_from;  // a package, or a run's directory with one in it
  int64_t outputs = 1;
  uint64_t seed = 1;
  c10::Device device = c10::Device(c10::DeviceType::CPU);
};

/// A pretrained text model, ready to be tuned.
struct TextModel {
  checkpoint::HfDirectory base;
  std::string weights_sha256;      // checkpoint::archive_sha256() of where the weights came from
  package::Pretrained pretrained;  // the same model, or what a package of `init_from` was made from
  checkpoint::NameMap names;
  std::unique_ptr<models::TextClassifier> model;
  std::shared_ptr<const encode::text::Tokenizer> tokenizer;
};

/// Loads the backbone (or the package of `init_from`, which then takes its place) and resolves the pooling. Throws
/// kArtefact, kUnsupported, kConfig (a pooling that the checkpoint has not, more tokens than the model has positions).
TextModel load_text_model(const TextModelSpec& spec);

/// kAutomatic: what 1_Pooling says, else pooler where the checkpoint has one, else mean. Throws kUnsupported when
/// 1_Pooling asks for one that rift does not have.
models::Pooling resolve_pooling(models::Pooling asked, const checkpoint::HfDirectory& base, bool has_pooler);

/// What the summary says of where the model came from: weights, pooling, tensors dropped and renamed, the new head.
Json describe(const TextModel& model);

}  // namespace rift::train
