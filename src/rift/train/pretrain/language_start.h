#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/name_map.h"
#include "rift/encode/text/special_tokens.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/models/architecture.h"
#include "rift/models/language_model.h"
#include "rift/package/pretrained.h"
#include "rift/train/pretrain/document_stream.h"
#include "rift/train/pretrain/options.h"

namespace rift::train {

struct LanguageStartSpec {
  const PretrainOptions& options;
  const DocumentSource& documents;  // for a tokenizer that is learned
  std::filesystem::path base_directory;
  std::filesystem::path directory;  // of the run: a tokenizer that is learned or lies in a GGUF goes to its `tokenizer`
  c10::Device device = c10::Device(c10::DeviceType::CPU);
};

/// A language model before its first step.
struct LanguageStart {
  checkpoint::HfDirectory base;  // config.json and tokenizer; of a new model without weights
  checkpoint::ModelLayout layout;
  models::TextSizes sizes;
  bool from_scratch = false;
  std::string weights_sha256;                     // "" from scratch
  std::optional<package::Pretrained> pretrained;  // none from scratch
  std::vector<checkpoint::NameMap::Dropped> dropped;
  std::unique_ptr<models::LanguageModel> model;
  std::shared_ptr<const encode::text::Tokenizer> tokenizer;
  encode::text::SpecialTokens special;
};

/// Loads the backbone, or makes the model that config.json describes. Throws kArtefact, kUnsupported; kConfig: more
/// tokens than positions, an objective that the architecture is not made for, no mask token.
LanguageStart start_language_model(const LanguageStartSpec& spec);

/// Throws kConfig for an objective that `title` is not made for: its language head says the other thing.
void require_objective(PretrainObjective asked, models::LanguageObjective own, std::string_view title);

/// What the summary says of it.
Json describe(const LanguageStart& start);

}  // namespace rift::train
