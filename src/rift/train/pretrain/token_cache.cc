#include "rift/train/pretrain/token_cache.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/progress.h"
#include "rift/base/random.h"
#include "rift/base/sha256.h"
#include "rift/base/threads.h"
#include "rift/data/split.h"
#include "rift/train/pretrain/token_store.h"

namespace rift::train {
namespace {

constexpr int64_t kTextsAtATime = 64;  // of one thread's turn

/// The same row of the same document always has the same key.
uint64_t key_of(int64_t document, uint64_t row_of_document) {
  return splitmix64(splitmix64(static_cast<uint64_t>(document)) + row_of_document);
}

class CacheWriter {
 public:
  CacheWriter(const std::filesystem::path& folder, const TokenCacheSpec& spec)
      : spec_(spec),
        train_(folder, kTrainRows),
        held_out_(folder, kHeldOutRows),
        documents_(open_documents(spec.source)) {}

  TokenCacheCounts run() {
    Progress progress("reading texts", 0, "documents");
    DocumentBatch batch;
    while (documents_->next(batch)) {
      counts_.rejected += batch.rejected;
      tokenize(batch);
      for (size_t i = 0; i < batch.texts.size(); ++i) add(batch.numbers[i], batch.texts[i], encoded_[i].ids);
      progress.advance(std::ssize(batch.texts));
    }
    counts_.train_rows = train_.rows();
    counts_.train_tokens = train_.tokens();
    counts_.held_out_rows = held_out_.rows();
    counts_.held_out_tokens = held_out_.tokens();
    counts_.digest = sha256_hex(train_.finish() + held_out_.finish());
    counts_.source_sha256 = source_.finish_hex();
    require_enough();
    return counts_;
  }

 private:
  void tokenize(const DocumentBatch& batch) {
    const int64_t texts = std::ssize(batch.texts);
    encoded_.resize(std::max(encoded_.size(), batch.texts.size()));
    parallel_each((texts + kTextsAtATime - 1) / kTextsAtATime, [&](int64_t turn) {
      for (int64_t i = turn * kTextsAtATime; i < std::min(texts, (turn + 1) * kTextsAtATime); ++i) {
        const auto at = static_cast<size_t>(i);
        spec_.tokenizer.encode(batch.texts[at], {.max_tokens = 0, .add_special = false}, encoded_[at]);
      }
    });
  }

  void add(int64_t number, const std::string& text, std::span<const int32_t> ids) {
    source_.add(text);
    if (ids.empty()) {
      ++counts_.blank;
      return;
    }
    ++counts_.documents;
    const bool held_out = is_held_out(number, spec_.held_out, spec_.split_seed);
    (held_out ? counts_.held_out_documents : counts_.train_documents) += 1;
    TokenStoreWriter& writer = held_out ? held_out_ : train_;
    uint64_t row = 0;
    cut_document(ids, spec_.rule, [&](std::span<const int32_t> cut) {
      writer.add(cut, {.document = number, .key = key_of(number, row++)});
    });
  }

  void require_enough() const {
    const std::string& source = spec_.source.source;
    RIFT_REQUIRE(counts_.documents > 0, Code::kData, "data.source: {} has no document with a text ({} blank ones)",
                 source, counts_.blank);
    RIFT_REQUIRE(train_.rows() > 0, Code::kData,
                 "data.source: {} has {} documents with a text, and none that can be trained on beside the held-out "
                 "ones; lower pretrain.held_out, or give more texts",
                 source, counts_.documents);
    RIFT_REQUIRE(spec_.held_out == 0 || held_out_.rows() > 0, Code::kData,
                 "pretrain.held_out: of {} documents none falls into a share of {}; raise it, or set it to 0 and do "
                 "without a held-out loss",
                 counts_.documents, spec_.held_out);
  }

  const TokenCacheSpec& spec_;
  TokenStoreWriter train_, held_out_;
  std::unique_ptr<DocumentStream> documents_;
  std::vector<encode::text::Encoding> encoded_;
  DocumentDigest source_;
  TokenCacheCounts counts_;
};

}  // namespace

bool is_held_out(int64_t document, double share, uint64_t seed) {
  return static_cast<double>(data::split_key(static_cast<uint64_t>(document), seed)) < std::ldexp(share, 64);
}

Json to_json(const TokenCacheCounts& counts) {
  const auto part = [](int64_t documents, int64_t rows, int64_t tokens) {
    return Json{{"documents", documents}, {"rows", rows}, {"tokens", tokens}};
  };
  return Json{{"documents", counts.documents},
              {"blank", counts.blank},
              {"rejected", counts.rejected},
              {"train", part(counts.train_documents, counts.train_rows, counts.train_tokens)},
              {"held_out", part(counts.held_out_documents, counts.held_out_rows, counts.held_out_tokens)},
              {"source_sha256", counts.source_sha256},
              {"rows_sha256", counts.digest}};
}

TokenCacheCounts write_token_cache(const std::filesystem::path& folder, const TokenCacheSpec& spec) {
  return CacheWriter(folder, spec).run();
}

}  // namespace rift::train
