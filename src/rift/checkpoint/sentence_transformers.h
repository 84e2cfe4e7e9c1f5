#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rift::checkpoint {

/// What a sentence-transformers directory (modules.json) says about the encoder's surroundings.
struct SentenceTransformers {
  std::filesystem::path transformer;       // folder of the encoder's config.json and weights, relative; "" = the root
  std::string pooling;                     // "mean", "cls", "last"; another text = stated but not one rift has ("max")
  std::optional<int64_t> max_tokens;       // max_seq_length, [CLS] and [SEP] included
  bool normalizes = false;                 // a Normalize module: vectors of unit length; a head scales for itself
  std::vector<std::string> other_modules;  // "Dense", ... : what the vectors pass through and rift does not
};

/// nullopt when the directory has no modules.json. Throws kArtefact (broken, path that leaves the directory) or
/// kUnsupported (no Transformer module).
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
