#include "rift/tensor/packed_batch.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "rift/base/error.h"

namespace rift::tensor {

namespace {

at::Tensor widened(const std::vector<int32_t>& values) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<int64_t>());
  return tensor;
}

void check_rows(const TokenRows& rows) {
  RIFT_CHECK(rows.rows() > 0 && rows.row_begin.size() == rows.row_keys.size() + 1);
  RIFT_CHECK(rows.row_begin.front() == 0 && rows.row_begin.back() == static_cast<int64_t>(rows.ids.size()));
  RIFT_CHECK(rows.type_ids.empty() || rows.type_ids.size() == rows.ids.size());
  RIFT_CHECK(std::ranges::adjacent_find(rows.row_begin, std::greater_equal<>()) == rows.row_begin.end());
  RIFT_CHECK(std::ranges::min(rows.ids) >= 0);
  RIFT_CHECK(rows.type_ids.empty() || std::ranges::min(rows.type_ids) >= 0);
}

}  // namespace

void TokenRows::add_row(std::span<const int32_t> row_ids, uint64_t row_key, std::span<const int32_t> row_type_ids) {
  RIFT_CHECK(row_type_ids.empty() || row_type_ids.size() == row_ids.size());
  if (!row_type_ids.empty()) {
    type_ids.resize(ids.size(), 0);
    type_ids.insert(type_ids.end(), row_type_ids.begin(), row_type_ids.end());
  }
  ids.insert(ids.end(), row_ids.begin(), row_ids.end());
  if (!type_ids.empty()) type_ids.resize(ids.size(), 0);
  row_begin.push_back(static_cast<int64_t>(ids.size()));
  row_keys.push_back(row_key);
}

namespace {

/// row_begin and positions of rows of these lengths, on the host.
void place_rows(PackedBatch& batch) {
  batch.rows = std::ssize(batch.row_begin_host) - 1;
  batch.tokens = batch.row_begin_host.back();
  batch.longest = 0;
  batch.positions = at::empty({batch.tokens}, at::kLong);
  int64_t* position = batch.positions.mutable_data_ptr<int64_t>();
  for (int64_t row = 0; row < batch.rows; ++row) {
    const int64_t length = batch.row_tokens(row);
    batch.longest = std::max(batch.longest, length);
    for (int64_t t = 0; t < length; ++t) *position++ = t;
  }
  batch.row_begin = at::empty({batch.rows + 1}, at::kLong);
  std::ranges::copy(batch.row_begin_host, batch.row_begin.mutable_data_ptr<int64_t>());
}

}  // namespace

PackedBatch make_packed_batch(const TokenRows& rows, const c10::Device& device) {
  check_rows(rows);
  PackedBatch batch;
  batch.row_begin_host = rows.row_begin;
  batch.row_keys = rows.row_keys;
  batch.largest_id = std::ranges::max(rows.ids);
  batch.largest_type_id = rows.type_ids.empty() ? 0 : std::ranges::max(rows.type_ids);
  place_rows(batch);
  batch.ids = widened(rows.ids).to(device);
  batch.type_ids = (rows.type_ids.empty() ? at::zeros({batch.tokens}, at::kLong) : widened(rows.type_ids)).to(device);
  batch.positions = batch.positions.to(device);
  batch.row_begin = batch.row_begin.to(device);
  return batch;
}

PackedBatch with_virtual_tokens(const PackedBatch& batch, int64_t count) {
  RIFT_CHECK(batch.virtual_tokens == 0 && batch.first_position == 0);
  PackedBatch longer = batch;
  longer.virtual_tokens = count;
  for (int64_t row = 0; row <= batch.rows; ++row) longer.row_begin_host[static_cast<size_t>(row)] += row * count;
  place_rows(longer);
  const at::Tensor from = at::empty({longer.tokens}, at::kLong);
  int64_t* place = from.mutable_data_ptr<int64_t>();
  for (int64_t row = 0; row < batch.rows; ++row) {
    const int64_t first = batch.row_begin_host[static_cast<size_t>(row)];
    place = std::fill_n(place, count, first);
    for (int64_t t = 0; t < batch.row_tokens(row); ++t) *place++ = first + t;
  }
  const c10::Device device = batch.ids.device();
  const at::Tensor is_own = longer.positions.ge(count).to(device);
  longer.ids = batch.ids.index_select(0, from.to(device));
  longer.type_ids = batch.type_ids.index_select(0, from.to(device)).mul(is_own);
  longer.positions = longer.positions.to(device);
  longer.row_begin = longer.row_begin.to(device);
  return longer;
}

PackedBatch with_first_position(const PackedBatch& batch, int64_t first) {
  RIFT_CHECK(batch.virtual_tokens == 0 && batch.first_position == 0);
  PackedBatch later = batch;
  later.first_position = first;
  later.positions = batch.positions.add(first);
  return later;
}

PackedBatch make_even_batch(const std::vector<uint64_t>& row_keys, int64_t tokens, const c10::Device& device) {
  TokenRows rows;
  const std::vector<int32_t> ids(static_cast<size_t>(tokens), 0);
  for (const uint64_t key : row_keys) rows.add_row(ids, key);
  return make_packed_batch(rows, device);
}

}  // namespace rift::tensor
