#include "rift/checkpoint/gguf/model.h"

#include <algorithm>
#include <cstring>

#include "rift/base/error.h"
#include "rift/checkpoint/gguf/config.h"

namespace rift::checkpoint {
namespace {

using format::TensorInfo;

/// The row of a GGUF projection that holds row `row` of the checkpoint's. K rows are one head.
int64_t rotary_row(int64_t row, int64_t head_rows) {
  const int64_t in_head = row % head_rows;
  const int64_t half = head_rows / 2;
  return row - in_head + 2 * (in_head % half) + in_head / half;
}

void copy_rows(std::span<const std::byte> from, int64_t rows, int64_t head_rows, std::span<std::byte> to) {
  const size_t row_bytes = to.size() / static_cast<size_t>(rows);
  for (int64_t row = 0; row < rows; ++row) {
    const auto source = static_cast<size_t>(rotary_row(row, head_rows));
    std::memcpy(to.data() + static_cast<size_t>(row) * row_bytes, from.data() + source * row_bytes, row_bytes);
  }
}

/// from [rows,columns] -> to [columns,rows]
void transpose(std::span<const std::byte> from, int64_t rows, int64_t columns, std::span<std::byte> to) {
  const size_t size = to.size() / static_cast<size_t>(rows * columns);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      std::memcpy(to.data() + static_cast<size_t>(column * rows + row) * size,
                  from.data() + static_cast<size_t>(row * columns + column) * size, size);
    }
  }
}

void subtract_one(std::span<std::byte> bytes) {
  for (size_t at = 0; at < bytes.size(); at += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    value -= 1.0F;
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
}

}  // namespace

GgufModel GgufModel::open(const std::filesystem::path& path) { return GgufModel(format::Gguf::open(path)); }

GgufModel::GgufModel(format::Gguf file) : file_(std::move(file)) {
  architecture_ = &gguf_architecture(file_.text("general.architecture"), file_.file_name());
  config_ = gguf_config(file_, *architecture_);
  gguf_pooling_ = gguf_pooling(file_, *architecture_);
  std::vector<TensorInfo> tensors;
  for (const TensorInfo& tensor : file_.tensors()) add(tensor, tensors);
  set_tensors(std::move(tensors));
}

int64_t GgufModel::heads_of(const std::string& name) const {
  const bool of_queries = name.find(".attn_q.") != std::string::npos;
  return config_.at(of_queries ? "num_attention_heads" : "num_key_value_heads").as_int();
}

void GgufModel::add(const TensorInfo& tensor, std::vector<TensorInfo>& tensors) {
  if (tensor.name == "rope_freqs.weight" && config_.contains("rope_scaling")) return;  // it stands in the config
  auto known = hf_tensor_name(*architecture_, tensor.name);
  RIFT_REQUIRE(known, Code::kUnsupported, "{}: tensor '{}' {} is none that a model of architecture '{}' has",
               file_name(), tensor.name, format::shape_text(tensor.shape), architecture_->name);
  TensorInfo seen = tensor;
  seen.name = std::move(known->name);
  const auto fits = [&](bool holds, std::string_view expected) {
    RIFT_REQUIRE(holds, Code::kArtefact, "{}: tensor '{}': expected {}, got {} {}", file_name(), tensor.name, expected,
                 format::shape_text(tensor.shape), tensor.stored_name());
  };
  if (known->change == GgufChange::kRotaryRows) {
    const int64_t rows = heads_of(tensor.name) * config_.at("head_dim").as_int();
    fits(!tensor.shape.empty() && tensor.shape[0] == rows && config_.at("head_dim").as_int() % 2 == 0,
         fmt::format("{} rows, an even number for each of {} heads", rows, heads_of(tensor.name)));
  } else if (known->change == GgufChange::kTransposed) {
    fits(tensor.shape.size() == 2, "a matrix");
    std::swap(seen.shape[0], seen.shape[1]);
  } else if (known->change == GgufChange::kPlusOne) {
    fits(tensor.stored_name() == "F32", "numbers of F32");
  }
  tensors.push_back(std::move(seen));
  sources_.push_back({&tensor, known->change});
}

std::optional<StoredMatrix> GgufModel::stored(const TensorInfo& tensor, bool transposed) const {
  const Source& source = sources_[place_of(tensor)];
  const format::GgmlType type = file_.type(*source.tensor);
  if (!keeps_rows(source.change, transposed) || tensor.shape.size() != 2 || !format::ggml_type_info(type).quantised())
    return std::nullopt;
  std::vector<std::byte> blocks(static_cast<size_t>(source.tensor->end - source.tensor->begin));
  file_.read_stored(*source.tensor, blocks);
  if (source.change == GgufChange::kRotaryRows) {
    std::vector<std::byte> ordered(blocks.size());
    copy_rows(blocks, tensor.shape[0], config_.at("head_dim").as_int(), ordered);
    blocks = std::move(ordered);
  }
  return StoredMatrix(type, source.tensor->shape[0], source.tensor->shape[1], std::move(blocks));
}

void GgufModel::read(const TensorInfo& tensor, std::span<std::byte> out) const {
  const Source& source = sources_[place_of(tensor)];
  if (source.change == GgufChange::kNone || source.change == GgufChange::kPlusOne) {
    file_.read(*source.tensor, out);
    if (source.change == GgufChange::kPlusOne) subtract_one(out);
    return;
  }
  std::vector<std::byte> stored(out.size());
  file_.read(*source.tensor, stored);
  if (source.change == GgufChange::kTransposed) {
    transpose(stored, source.tensor->shape[0], source.tensor->shape[1], out);
  } else {
    copy_rows(stored, tensor.shape[0], config_.at("head_dim").as_int(), out);
  }
}

}  // namespace rift::checkpoint
