#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rift/data/schema.h"
#include "rift/data/table.h"
#include "rift/encode/text/row_text.h"
#include "rift/models/options.h"
#include "rift/package/language_loss.h"
#include "rift/package/token_counts.h"
#include "rift/score/scorer.h"

/// What a pretrained or fine-tuned text model makes of a row, before any head. Torch-free.
namespace rift::package {

/// Whether a directory is a package, which knows its columns and row text itself.
bool is_package(const std::filesystem::path& directory);

struct EmbedderSpec {
  std::filesystem::path directory;                        // of a model, or a package with a language model in it
  models::Pooling pooling = models::Pooling::kAutomatic;  // of a package: what its head reads
  /// What a model reads. Without fields: a package's own; a package with fields given is read as a model directory.
  data::Schema schema;
  encode::text::RowTextOptions text;
  int64_t max_tokens = 0;       // 0: what sentence-transformers' files say, else the model's positions, at most 512
  bool fewer_if_short = false;  // a model with fewer positions than max_tokens reads what it can
  /// kAsTheModel: unit length where modules.json has a Normalize module, as sentence-transformers does.
  enum class Length { kAsTheModel, kUnit, kAsComputed };
  Length length = Length::kAsTheModel;
  score::Precision precision = score::Precision::kF32;
  std::string device = "cpu";
};

struct Embeddings {
  int64_t rows = 0;
  std::vector<float> values;  // [rows, width] row-major
  int64_t truncated = 0;      // rows that were cut at max_tokens
};

/// Pooled vectors of rows: the encoder in scoring's own code, so equal rows get equal vectors to the bit within a call.
/// One thread at a time.
class Embedder {
 public:
  /// Throws kArtefact, kUnsupported (a package without a language model; modules behind the pooling that rift does not
  /// have, unless the pooling is named; a precision that the model does not run in), kConfig (a pooler that the
  /// checkpoint does not have, more tokens than positions; columns or max_tokens for a package).
  explicit Embedder(const EmbedderSpec& spec);
  ~Embedder();

  const data::Schema& schema() const;  // the features that it reads, and a package's id
  int64_t width() const;
  int64_t parameters() const;
  int64_t max_tokens() const;
  std::string_view pooling() const;
  bool unit_length() const;
  /// Throws kInterrupted, kData naming the row whose vector has a value that is no finite number.
  Embeddings embed(const data::Table& rows) const;
  TokenCounts count_tokens(const data::Table& rows) const;  // `truncated` by max_tokens()
  /// Of the directory's own language model, which is loaded for it.
  LanguageLoss language_loss(const data::Table& rows) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rift::package
