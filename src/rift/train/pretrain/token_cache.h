#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "rift/base/json.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/train/pretrain/document_cutter.h"
#include "rift/train/pretrain/document_stream.h"

/// A source's documents as rows of tokens on disk, so that training never holds them in memory.
namespace rift::train {

struct TokenCacheSpec {
  const DocumentSource& source;
  const encode::text::Tokenizer& tokenizer;
  const CutRule& rule;
  double held_out = 0.05;  // share of the documents
  uint64_t split_seed = 1;
};

/// What a source came to.
struct TokenCacheCounts {
  int64_t documents = 0;  // with a text
  int64_t blank = 0;
  int64_t rejected = 0;
  int64_t train_documents = 0, train_rows = 0, train_tokens = 0;
  int64_t held_out_documents = 0, held_out_rows = 0, held_out_tokens = 0;
  std::string digest;         // SHA-256 that names the rows of both parts
  std::string source_sha256;  // DocumentDigest of all documents
};
Json to_json(const TokenCacheCounts& counts);

inline constexpr const char* kTrainRows = "train";
inline constexpr const char* kHeldOutRows = "held_out";

/// Whether split_key(document, seed) < share * 2^64 (data/split.h): a rule that any language can repeat, and that a
/// document's neighbours do not change.
bool is_held_out(int64_t document, double share, uint64_t seed);

/// Reads the source once and writes <folder>/train.{ids,rows} and <folder>/held_out.{ids,rows}. Texts are tokenized by
/// all threads; what is written does not depend on them. Throws as open_documents() does; kData when no document has a
/// text or a part that is wanted has none, kInterrupted.
TokenCacheCounts write_token_cache(const std::filesystem::path& folder, const TokenCacheSpec& spec);

}  // namespace rift::train
