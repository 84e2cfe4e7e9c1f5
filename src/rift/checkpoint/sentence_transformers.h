#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rift::checkpoint {

/// What a sentence-transformers directory (modules.json) says about the encoder's surroundings.
struct SentenceTransformers {
  std::filesystem::path transformer;        // folder of the encoder's config.json and weights, relative; "" = the root
  std::string pooling;                      // "mean", "cls", "last"; another text = one that rift has not ("max",
                                            // "cls+mean"); "" = no module of it
  std::optional<int64_t> max_tokens;        // max_seq_length or model_max_length, [CLS] and [SEP] included
  bool normalizes = false;                  // a Normalize module: vectors of unit length; a head scales for itself
  std::vector<std::string> other_modules;   // "Dense", ... : what the vectors pass through and rift does not
  std::vector<std::string> other_settings;  // what the library does to texts or states and rift does not:
                                            // do_lower_case, "default_prompt_name 'query'"
};

/// nullopt when the directory has no modules.json. Throws kArtefact (broken, a value of another kind, a path that
/// leaves the directory, a folder that is not there) or kUnsupported (no Transformer module, an unknown setting of the
/// pooling).
std::optional<SentenceTransformers> read_sentence_transformers(const std::filesystem::path& directory);

/// Writes modules.json, 1_Pooling/config.json and sentence_bert_config.json for an encoder in the root of `directory`,
/// so that SentenceTransformer loads it with this pooling ("mean", "cls" or "last").
struct SentenceTransformersSpec {
  std::string pooling = "mean";
  int64_t width = 0;
  int64_t max_tokens = 512;
};
void write_sentence_transformers(const std::filesystem::path& directory, const SentenceTransformersSpec& spec);

}  // namespace rift::checkpoint
