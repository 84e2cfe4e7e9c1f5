#include "rift/package/inputs.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/random.h"
#include "rift/base/threads.h"
#include "rift/data/split.h"

namespace rift::package {
namespace {

constexpr int64_t kRowsPerChunk = 512;  // whatever the threads

uint64_t key_of_row(int64_t source_row) { return splitmix64(static_cast<uint64_t>(source_row)); }

int64_t source_row(const data::Table& rows, int64_t row) {
  return rows.source_row.empty() ? row : rows.source_row[static_cast<size_t>(row)];
}

/// The rows of all chunks, in order. Each chunk is freed once its rows are copied.
EncodedRows concatenated(std::vector<EncodedRows> chunks) {
  EncodedRows all;
  size_t rows = 0, tokens = 0;
  for (const EncodedRows& chunk : chunks) {
    rows += chunk.keys.size();
    tokens += chunk.ids.size();
  }
  all.ids.reserve(tokens);
  all.begin.reserve(rows + 1);
  all.keys.reserve(rows);
  all.cut.reserve(rows);
  for (EncodedRows& chunk : chunks) {
    const auto shift = static_cast<int64_t>(all.ids.size());
    all.ids.insert(all.ids.end(), chunk.ids.begin(), chunk.ids.end());
    for (size_t i = 1; i < chunk.begin.size(); ++i) all.begin.push_back(chunk.begin[i] + shift);
    all.keys.insert(all.keys.end(), chunk.keys.begin(), chunk.keys.end());
    all.cut.insert(all.cut.end(), chunk.cut.begin(), chunk.cut.end());
    chunk = {};
  }
  return all;
}

/// Rows by length, then by ids: neighbours are of like length, equal rows stand side by side.
std::vector<int64_t> sorted_rows(const EncodedRows& rows) {
  std::vector<int64_t> order(static_cast<size_t>(rows.rows()));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](int64_t a, int64_t b) {
    if (rows.tokens(a) != rows.tokens(b)) return rows.tokens(a) < rows.tokens(b);
    const auto ids_a = rows.row(a);
    const auto ids_b = rows.row(b);
    const auto [at_a, at_b] = std::ranges::mismatch(ids_a, ids_b);
    return at_a == ids_a.end() ? a < b : *at_a < *at_b;
  });
  return order;
}

}  // namespace

int64_t EncodedRows::truncated() const { return std::accumulate(cut.begin(), cut.end(), int64_t{0}); }

EncodedRows take(const EncodedRows& rows, std::span<const int64_t> chosen) {
  EncodedRows some;
  for (const int64_t row : chosen) {
    const auto ids = rows.row(row);
    some.ids.insert(some.ids.end(), ids.begin(), ids.end());
    some.begin.push_back(static_cast<int64_t>(some.ids.size()));
    some.keys.push_back(rows.keys[static_cast<size_t>(row)]);
    some.cut.push_back(rows.cut[static_cast<size_t>(row)]);
  }
  return some;
}

TextInputs::TextInputs(const data::Schema& schema, const encode::text::RowTextOptions& text,
                       std::shared_ptr<const encode::text::Tokenizer> tokenizer, int64_t max_tokens,
                       int32_t token_of_empty)
    : row_text_(schema, text),
      tokenizer_(std::move(tokenizer)),
      max_tokens_(max_tokens),
      token_of_empty_(token_of_empty) {
  RIFT_CHECK(tokenizer_ != nullptr && max_tokens_ >= 1);
  RIFT_REQUIRE(!row_text_.columns().empty() || row_text_.writes_table(), Code::kConfig,
               "model.text: the data has no text column and from_table is never, so the model would read nothing; set "
               "model.text.from_table: always, or leave the text model out");
}

EncodedRows TextInputs::encode(const data::Table& rows, std::span<const int64_t> chosen,
                               std::span<const uint64_t> keys) const {
  RIFT_CHECK(keys.empty() || static_cast<int64_t>(keys.size()) == rows.rows);
  const auto n = static_cast<int64_t>(chosen.size());
  std::vector<EncodedRows> chunks(static_cast<size_t>((n + kRowsPerChunk - 1) / kRowsPerChunk));
  const encode::text::RowTextReader reader(row_text_, rows);
  parallel_each(static_cast<int64_t>(chunks.size()), [&](int64_t c) {
    EncodedRows& chunk = chunks[static_cast<size_t>(c)];
    encode::text::Encoding encoding;
    std::string text;
    for (int64_t i = c * kRowsPerChunk; i < std::min(n, (c + 1) * kRowsPerChunk); ++i) {
      const int64_t row = chosen[static_cast<size_t>(i)];
      reader.joined(row, text);
      tokenizer_->encode(text, {.max_tokens = max_tokens_}, encoding);
      if (encoding.ids.empty()) encoding.ids.push_back(token_of_empty_);
      chunk.ids.insert(chunk.ids.end(), encoding.ids.begin(), encoding.ids.end());
      chunk.begin.push_back(static_cast<int64_t>(chunk.ids.size()));
      chunk.keys.push_back(keys.empty() ? key_of_row(source_row(rows, row)) : keys[static_cast<size_t>(row)]);
      chunk.cut.push_back(encoding.truncated ? 1 : 0);
    }
  });
  return concatenated(std::move(chunks));
}

EncodedRows TextInputs::encode(const data::Table& rows) const {
  std::vector<int64_t> all(static_cast<size_t>(rows.rows));
  std::iota(all.begin(), all.end(), 0);
  return encode(rows, all);
}

std::vector<uint64_t> row_keys(const data::Dataset& dataset) {
  std::vector<uint64_t> keys;
  keys.reserve(static_cast<size_t>(dataset.rows()));
  for (int64_t row = 0; row < dataset.rows(); ++row) {
    keys.push_back(dataset.id.empty() ? key_of_row(source_row(dataset.table, row))
                                      : data::id_key(dataset.id[static_cast<size_t>(row)]));
  }
  return keys;
}

tensor::PackedBatch make_batch(const EncodedRows& rows, std::span<const int64_t> chosen, const c10::Device& device) {
  tensor::TokenRows batch;
  for (const int64_t row : chosen) batch.add_row(rows.row(row), rows.keys[static_cast<size_t>(row)]);
  return tensor::make_packed_batch(batch, device);
}

std::vector<float> map_rows(const EncodedRows& rows, int64_t width, const c10::Device& device,
                            const BatchFunction& compute) {
  const at::NoGradGuard no_gradient;
  const std::vector<int64_t> order = sorted_rows(rows);
  std::vector<float> values(static_cast<size_t>(rows.rows() * width));
  const auto of_row = [&](int64_t row) { return values.begin() + row * width; };
  std::vector<int64_t> batch;                          // one row of each set of equal ones
  std::vector<std::pair<int64_t, size_t>> speaks_for;  // row -> place in `batch`
  int64_t tokens = 0;
  const auto flush = [&] {
    throw_if_interrupted();
    const at::Tensor result = compute(make_batch(rows, batch, device)).cpu().contiguous();
    RIFT_CHECK(result.numel() == static_cast<int64_t>(batch.size()) * width);
    const float* result_values = result.const_data_ptr<float>();
    for (const auto& [row, place] : speaks_for) {
      std::copy_n(result_values + static_cast<int64_t>(place) * width, width, of_row(row));
    }
    batch.clear();
    speaks_for.clear();
    tokens = 0;
  };
  for (size_t i = 0; i < order.size(); ++i) {
    const bool equal = !batch.empty() && std::ranges::equal(rows.row(order[i]), rows.row(batch.back()));
    if (!equal) {
      if (!batch.empty() && tokens + rows.tokens(order[i]) > kTokensPerBatch) flush();
      batch.push_back(order[i]);
      tokens += rows.tokens(order[i]);
    }
    speaks_for.emplace_back(order[i], batch.size() - 1);
  }
  if (!batch.empty()) flush();
  return values;
}

}  // namespace rift::package
