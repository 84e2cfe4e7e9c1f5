#include "rift/train/row_store.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "rift/base/error.h"

namespace rift::train {
namespace {

at::Tensor index_of(std::span<const int64_t> places, const c10::Device& device) {
  const at::Tensor index = at::empty({static_cast<int64_t>(places.size())}, at::kLong);
  std::ranges::copy(places, index.mutable_data_ptr<int64_t>());
  return index.to(device);
}

}  // namespace

at::Tensor read_rows(const models::TextClassifier& model, const package::EncodedRows& rows, const c10::Device& device) {
  const int64_t width = model.encoder().width();
  const std::vector<float> values = package::map_rows(rows, width, device, [&](const tensor::PackedBatch& batch) {
    const tensor::PackedBatch prepared = model.encoder().prepared(batch);
    return model.read(model.encoder().forward(prepared, {}, model.tokens_read()), prepared);
  });
  const at::Tensor tensor = at::empty({rows.rows(), width}, at::kFloat);
  std::ranges::copy(values, tensor.mutable_data_ptr<float>());
  return tensor.to(device);
}

RowStore::RowStore(const data::Dataset& dataset, std::vector<int64_t> rows)
    : dataset_(dataset), rows_(std::move(rows)), place_(static_cast<size_t>(dataset.rows()), -1) {
  for (size_t i = 0; i < rows_.size(); ++i) place_.at(static_cast<size_t>(rows_[i])) = static_cast<int64_t>(i);
}

std::vector<int64_t> RowStore::places(std::span<const int64_t> rows) const {
  std::vector<int64_t> places;
  for (const int64_t row : rows) {
    places.push_back(place_.at(static_cast<size_t>(row)));
    RIFT_CHECK(places.back() >= 0);
  }
  return places;
}

void RowStore::use(const package::TextInputs& inputs, const std::string& made_from) {
  RIFT_CHECK(!encoded_ || made_from == made_from_);
  if (encoded_) return;
  encoded_ = inputs.encode(dataset_.table, rows_, package::row_keys(dataset_));
  made_from_ = made_from;
  work_.encoded += encoded_->rows();
}

package::EncodedRows RowStore::encoded(std::span<const int64_t> rows) {
  RIFT_CHECK(encoded_.has_value());
  work_.encoded_asked += static_cast<int64_t>(rows.size());
  return package::take(*encoded_, places(rows));
}

at::Tensor RowStore::read(const models::TextClassifier& model, std::span<const int64_t> rows, const c10::Device& device,
                          int64_t memory_bytes) {
  RIFT_CHECK(encoded_.has_value());
  const int64_t row_bytes = model.encoder().width() * static_cast<int64_t>(sizeof(float));
  if (encoded_->rows() > memory_bytes / row_bytes) return {};
  if (!read_.defined()) {
    read_ = read_rows(model, *encoded_, device);
    work_.read += encoded_->rows();
  }
  return read_before(rows);
}

at::Tensor RowStore::read_before(std::span<const int64_t> rows) {
  if (!read_.defined()) return {};
  work_.read_asked += static_cast<int64_t>(rows.size());
  return read_.index_select(0, index_of(places(rows), read_.device()));
}

std::shared_ptr<KeptStates> RowStore::kept(int64_t layers, nn::Precision precision, const KeptBudget& budget) {
  const KeptStates::Form form{.layers = layers, .places = static_cast<int64_t>(rows_.size()), .precision = precision};
  if (!kept_ || !(kept_->form() == form)) kept_ = std::make_shared<KeptStates>(form, budget);
  return kept_;
}

}  // namespace rift::train
