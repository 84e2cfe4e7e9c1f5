#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/encode/text/row_text.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/tensor/packed_batch.h"

/// The one place where rows become a text model's batches: training and scoring both come through here.
namespace rift::package {

/// Rows as token ids, one after the other: 4 bytes a token.
struct EncodedRows {
  std::vector<int32_t> ids;          // [S]
  std::vector<int64_t> begin = {0};  // [N+1]
  std::vector<uint64_t> keys;        // [N] identity of the row; dropout depends on it, scores do not
  std::vector<uint8_t> cut;          // [N] 1 = at max_tokens

  int64_t rows() const { return static_cast<int64_t>(begin.size()) - 1; }
  int64_t tokens(int64_t row) const { return begin[static_cast<size_t>(row) + 1] - begin[static_cast<size_t>(row)]; }
  std::span<const int32_t> row(int64_t row) const {
    return std::span(ids).subspan(static_cast<size_t>(begin[static_cast<size_t>(row)]),
                                  static_cast<size_t>(tokens(row)));
  }
  int64_t truncated() const;  // rows that were cut
};

/// Some of `rows`, in the order of `chosen`.
EncodedRows take(const EncodedRows& rows, std::span<const int64_t> chosen);

/// Row -> text -> ids. Copies share the tokenizer. Thread-safe.
class TextInputs {
 public:
  /// token_of_empty: stands for a text that the tokenizer gives no token for (decoders' add none of their own). Throws
  /// kConfig when `text` names a column that is no text of `schema`, or when the model would read nothing.
  TextInputs(const data::Schema& schema, const encode::text::RowTextOptions& text,
             std::shared_ptr<const encode::text::Tokenizer> tokenizer, int64_t max_tokens, int32_t token_of_empty = 0);

  /// The rows `chosen` of `rows`, in that order; keys: one per row of `rows`, or empty (then the source's row number).
  EncodedRows encode(const data::Table& rows, std::span<const int64_t> chosen,
                     std::span<const uint64_t> keys = {}) const;
  EncodedRows encode(const data::Table& rows) const;

  const encode::text::Tokenizer& tokenizer() const { return *tokenizer_; }
  const encode::text::RowText& row_text() const { return row_text_; }

 private:
  encode::text::RowText row_text_;
  std::shared_ptr<const encode::text::Tokenizer> tokenizer_;
  int64_t max_tokens_;
  int32_t token_of_empty_;
};

/// One key per row of the data set: of its id, else of its number in the source. A row keeps its key in every subset.
std::vector<uint64_t> row_keys(const data::Dataset& dataset);

/// The rows `chosen` of `rows` as one batch, in that order.
tensor::PackedBatch make_batch(const EncodedRows& rows, std::span<const int64_t> chosen, const c10::Device& device);

/// What a model says of every row without training: `compute` turns a batch of B rows into [B,width] and is called on
/// batches of rows of like length, about kTokensPerBatch tokens each. Rows with equal ids are computed once, so that
/// they are equal to the bit. Asks for interrupts between batches (kInterrupted).
///   returns [N*width] row-major, in the order of `rows`
using BatchFunction = std::function<at::Tensor(const tensor::PackedBatch& batch)>;
inline constexpr int64_t kTokensPerBatch = 8192;
std::vector<float> map_rows(const EncodedRows& rows, int64_t width, const c10::Device& device,
                            const BatchFunction& compute);

}  // namespace rift::package
