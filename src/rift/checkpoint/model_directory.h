#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/model_layout.h"
#include "rift/tensor/lazy_tensors.h"

namespace rift::checkpoint {

/// What a head's logits are for; decides problem_type of config.json (the loss and the squashing of transformers).
enum class HeadTask { kBinary, kMulticlass, kRegression };

/// What transformers fills up the shorter rows of a batch with.
struct PaddingToken {
  int64_t id = 0;
  std::string text;
};

struct ModelDirectorySpec {
  HfDirectory base;                     // config.json and tokenizer files come from here
  ModelLayout layout;                   // of the model that config.json describes
  tensor::LazyTensors tensors;          // canonical names: all of encoder and classifier, the pooler or none of it
  std::string pooling = "pooler";       // what the head reads: "pooler", "cls", "mean" or "last"
  std::optional<PaddingToken> padding;  // for config.json and the tokenizer, where the head finds the last token by it
  HeadTask task = HeadTask::kBinary;
  std::vector<std::string> labels;  // one per output of the classifier; binary: the name of the bad class
  int64_t max_tokens = 512;         // of the tokenizer's cut, [CLS] and [SEP] included
};

/// Writes config.json, model.safetensors and the tokenizer's files, of images preprocessor_config.json, into an
/// existing directory.
///   the pooling of the architecture's own head (layout.head_pooling; of texts "pooler", of decoders "last"):
///   AutoModelForSequenceClassification or, of images, AutoModelForImageClassification loads it with equal logits
///   (binary: num_labels 1), of a decoder in batches that are padded on the right;
///   else AutoModel loads it with equal hidden states, and of texts 1_Pooling tells sentence-transformers the pooling.
/// The classifier is kept in the file either way, so that load_model gives back every tensor.
/// Throws kBug when tensors are missing, extra or misshapen for the config, kEnvironment when the disk refuses.
void write_model_directory(const std::filesystem::path& directory, const ModelDirectorySpec& spec);

struct LanguageDirectorySpec {
  HfDirectory base;             // config.json, tokenizer files and pooling (1_Pooling) come from here
  ModelLayout layout;           // of the model that config.json describes
  tensor::LazyTensors tensors;  // canonical names: all of encoder and language head
  int64_t max_tokens = 512;     // of the tokenizer's cut where a pooling is written
};

/// Writes a language model into an existing directory: transformers' class of the architecture (BertForMaskedLM, ...)
/// loads it with equal logits. What the base says of pooling is carried on. Throws as write_model_directory() does.
void write_language_directory(const std::filesystem::path& directory, const LanguageDirectorySpec& spec);

/// The config.json that goes with a classifier.
Json model_config(const ModelDirectorySpec& spec);

}  // namespace rift::checkpoint
