#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <span>
#include <vector>

namespace rift::tensor {

/// Tokenised rows one after the other, as plain vectors: what a loader fills without knowing tensors.
struct TokenRows {
  std::vector<int32_t> ids;              // [S]
  std::vector<int32_t> type_ids;         // [S], or empty: every token is of type 0
  std::vector<int64_t> row_begin = {0};  // [B+1], row b holds tokens row_begin[b] .. row_begin[b+1]
  std::vector<uint64_t> row_keys;  // [B], identity of the row in its data set; dropout depends on it, scoring does not
  int64_t rows() const { return static_cast<int64_t>(row_keys.size()); }
  /// row_type_ids: as long as row_ids, or empty for type 0 throughout.
  void add_row(std::span<const int32_t> row_ids, uint64_t row_key, std::span<const int32_t> row_type_ids = {});
};

/// One batch on its device. Rows are packed without padding: token s of the batch belongs to the row b with
/// row_begin[b] <= s < row_begin[b+1], and S is the sum of the rows' lengths.
struct PackedBatch {
  at::Tensor ids;                       // [S] int64
  at::Tensor type_ids;                  // [S] int64
  at::Tensor positions;                 // [S] int64, 0-based within the row
  at::Tensor row_begin;                 // [B+1] int64
  std::vector<int64_t> row_begin_host;  // the same, for code that walks the rows
  std::vector<uint64_t> row_keys;       // [B]
  int64_t rows = 0;
  int64_t tokens = 0;
  int64_t longest = 0;     // tokens of the longest row
  int32_t largest_id = 0;  // for checks against the vocabulary
  int32_t largest_type_id = 0;
  int64_t virtual_tokens = 0;  // of each row, at its start, that stand for no token (a prompt); positions count them
  int64_t first_position = 0;  // of each row's first token: so many keys stand before it (a prefix)

  int64_t row_tokens(int64_t row) const { return row_begin_host[row + 1] - row_begin_host[row]; }
};

/// Throws kBug when the vectors do not describe at least one row or a row has no token (an empty text
/// has special tokens or, of a tokenizer that adds none, the model's own).
PackedBatch make_packed_batch(const TokenRows& rows, const c10::Device& device);

/// The batch with `count` virtual tokens before each row's own; they have the row's first id and type 0.
PackedBatch with_virtual_tokens(const PackedBatch& batch, int64_t count);
/// The batch whose rows' positions count from `first`.
PackedBatch with_first_position(const PackedBatch& batch, int64_t first);

/// Rows of `tokens` states each that come from no ids (an image's patches): ids and types are 0.
PackedBatch make_even_batch(const std::vector<uint64_t>& row_keys, int64_t tokens, const c10::Device& device);

}  // namespace rift::tensor
