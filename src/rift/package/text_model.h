#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/name_map.h"
#include "rift/checkpoint/stored_matrix.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/models/text_classifier.h"
#include "rift/package/pretrained.h"

namespace rift::package {

struct TextModelSpec {
  std::filesystem::path directory;  // Hugging Face's, or a package's root
  models::Pooling pooling = models::Pooling::kAutomatic;
  std::optional<int64_t> max_tokens;                     // of the longest row that it is to read
  std::string max_tokens_key = "model.text.max_tokens";  // names it in errors
  std::string pooling_key = "model.text.pooling";        // the same
  bool encoder_alone = false;                            // nothing reads its head
  int64_t outputs = 1;
  bool keeps_stored = false;   // embeddings and linear maps stay as the blocks of their GGUF file and never train, but
  int64_t trained_layers = 0;  // for the maps of the uppermost layers, this many
  models::HeadStartOptions head;
  std::vector<std::string> classes;  // of the task, in the order of the outputs; of a binary one both
  uint64_t seed = 1;
  c10::Device device = c10::Device(c10::DeviceType::CPU);
};

/// A pretrained text model, ready to be tuned or to be asked for features.
struct TextModel {
  checkpoint::HfDirectory base;
  std::string weights_sha256;  // checkpoint::archive_sha256() of where the weights came from
  Pretrained pretrained;       // the same model, or what a package was made from
  checkpoint::NameMap names;
  std::unique_ptr<models::TextClassifier> model;
  std::shared_ptr<const encode::text::Tokenizer> tokenizer;
};

/// Loads weights and tokenizer and resolves the pooling. Throws kArtefact, kUnsupported, kConfig (a pooling that the
/// checkpoint has not, more tokens than the model has positions, label tokens that are not one for each class or not
/// read last; nothing that could be kept as stored).
TextModel load_text_model(const TextModelSpec& spec);

/// Of the embeddings and the linear maps of the layers, by name, those that are to stay in the form of their file: none
/// unless the spec keeps them. Throws kUnsupported on another device than a CPU.
std::set<std::string> kept_as_stored(const TextModelSpec& spec, const models::TextModelDescription& described);
/// Throws kConfig where nothing of `model` could be kept so.
void require_any_stored(const std::map<std::string, checkpoint::StoredMatrix>& stored, const std::string& model);

/// Takes the model's place by one with every matrix in f32 and adapters merged, as a package holds it. It is filled
/// tensor by tensor, so that the older one's blocks are all that stands beside it.
void hold_in_f32(TextModel& model);

/// kAutomatic: what 1_Pooling says, else pooler where the checkpoint has one, else last for decoders and mean for
/// encoders. Throws kUnsupported when 1_Pooling asks for one that rift does not have.
models::Pooling resolve_pooling(models::Pooling asked, const checkpoint::HfDirectory& base,
                                const checkpoint::ModelLayout& layout, bool has_pooler,
                                std::string_view key = "model.text.pooling");

/// Of stem and layers, without pooler and head.
int64_t encoder_parameters(const models::TextClassifier& model);

/// What the summary says of where the model came from: weights, pooling, tensors dropped and renamed, the new head.
Json describe(const TextModel& model);

}  // namespace rift::package
