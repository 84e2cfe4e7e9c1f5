#include "rift/nn/packed_linear.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace rift::nn {

namespace {

using kernels::kBlock;
using kernels::kPerUnit;
using kernels::Right;

const float* values_of(const Parameter& parameter) { return parameter.view.const_data_ptr<float>(); }

/// The transpose of [out,in] in blocks of 32 columns.
template <class E>
Right<E> turned_right(const E* data, int64_t in) {
  return {data, kBlock * kPerUnit<E>, in * kBlock};
}

/// [out,in]: in bf16 in blocks of 32 columns, in f32 as the parameter lies.
template <class E>
Right<E> rows_right(const E* data, int64_t out, int64_t in) {
  if constexpr (kPerUnit<E> == 1) return {data, in, kBlock};
  return {data, kBlock * kPerUnit<E>, out * kBlock};
}

}  // namespace

/// A block of 32 rows, scaled and padded where it has to be, in E.
template <class E>
void PackedLinear<E>::pack_block(Matrix& matrix, const Source& source, int64_t block) {
  const auto& kernels = kernels::kernels<E>();
  const int64_t width = source.padded_in, first = block * kBlock;
  // Kept: blocks are many and small, and nothing of them outlives the call.
  thread_local std::vector<float> copied;
  thread_local std::vector<E> narrowed;
  kernels::Rows<const float> exact{source.data + first * source.in, source.in};
  if (!source.is_plain()) {
    copied.assign(static_cast<size_t>(kBlock * width), 0.0f);
    for (int64_t r = 0; r < std::min(kBlock, source.out - first); ++r) {
      for (int64_t c = 0; c < source.in; ++c) {
        copied[static_cast<size_t>(r * width + c)] = source.scale * source.data[(first + r) * source.in + c];
      }
    }
    exact = {copied.data(), width};
  }
  kernels::Rows<const E> rows{nullptr, width};
  if constexpr (std::is_same_v<E, float>) {
    rows = exact;
  } else {
    narrowed.resize(static_cast<size_t>(kBlock * width));
    kernels.narrow(exact, kBlock, width, {narrowed.data(), width});
    rows.data = narrowed.data();
  }
  kernels.turn(rows, kBlock, width, matrix.turned + first * width, kBlock * kPerUnit<E>);
  if (matrix.rows != nullptr) {
    const Right<E> right = rows_right<E>(nullptr, source.padded_out, width);
    kernels.pair(rows, kBlock, width, matrix.rows + first / kPerUnit<E> * right.step, right.step, right.block);
  }
  matrix.versions[static_cast<size_t>(block)] = source.version;
}

template <class E>
void PackedLinear<E>::refresh(Matrix& matrix, const Source& source, std::vector<std::function<void()>>& tasks) {
  const int64_t elements = source.padded_out * source.padded_in, blocks = source.padded_out / kBlock;
  if (matrix.out != source.padded_out || matrix.in != source.padded_in) {
    matrix = {};
    const bool as_it_is = kPerUnit<E> == 1 && source.is_plain();
    matrix.memory = engine::Block(static_cast<size_t>((as_it_is ? 1 : 2) * elements) * sizeof(E));
    matrix.turned = reinterpret_cast<E*>(matrix.memory.data());
    matrix.rows = as_it_is ? nullptr : matrix.turned + elements;
    matrix.versions.resize(static_cast<size_t>(blocks));
    matrix.out = source.padded_out;  // once there is memory: an error leaves the matrix without a size
    matrix.in = source.padded_in;
  }
  const bool moved = std::exchange(matrix.from, source.data) != source.data;
  matrix.in_use.assign(static_cast<size_t>(blocks), 1);
  for (int64_t block = 0; block < blocks; ++block) {
    if (!moved && matrix.versions[static_cast<size_t>(block)] == source.version) continue;
    tasks.emplace_back([&matrix, source, block] { pack_block(matrix, source, block); });
  }
}

template <class E>
PackedLinear<E>::Source PackedLinear<E>::weight_source(const ParameterStore& store) const {
  const Parameter& weight = *linear_->weight;
  const int64_t out = weight.shape[0], in = weight.shape[1];
  return {values_of(weight), out, in, out, in, 1, store.version_of(weight)};
}

template <class E>
void PackedLinear<E>::rows_written(const ParameterStore& store, int64_t first, int64_t last) {
  const Source source = weight_source(store);
  if (weight_.from != source.data) return;
  for (int64_t block = (first + kBlock - 1) / kBlock; block < last / kBlock; ++block) {
    if (std::exchange(weight_.in_use[static_cast<size_t>(block)], 0) != 0) pack_block(weight_, source, block);
  }
}

template <class E>
void PackedLinear<E>::refresh(const ParameterStore& store, std::vector<std::function<void()>>& tasks) {
  refresh(weight_, weight_source(store), tasks);
  const int64_t out = linear_->out_features(), in = linear_->in_features();
  const auto low = linear_->adapter ? linear_->adapter->low_rank() : std::nullopt;
  if (!low) return;
  const int64_t rank = low->a->shape[0];
  refresh(low_a_, {values_of(*low->a), rank, in, engine::kRankColumns, in, 1, store.version_of(*low->a)}, tasks);
  refresh(low_b_,
          {values_of(*low->b), out, rank, out, engine::kRankColumns, static_cast<float>(low->scale),
           store.version_of(*low->b)},
          tasks);
}

template <class E>
engine::LinearView<E> PackedLinear<E>::view(uint32_t site) const {
  const auto rows = [](const Matrix& matrix) -> Right<E> {
    const E* data = matrix.rows != nullptr ? matrix.rows : static_cast<const E*>(matrix.from);
    return rows_right(data, matrix.out, matrix.in);
  };
  engine::LinearView<E> view{.in = linear_->in_features(),
                             .out = linear_->out_features(),
                             .turned = turned_right(weight_.turned, weight_.in),
                             .rows = rows(weight_),
                             .bias = values_of(*linear_->bias),
                             .low_rank = {}};
  const auto low = linear_->adapter ? linear_->adapter->low_rank() : std::nullopt;
  if (low) {
    view.low_rank = {.rank = low->a->shape[0],
                     .scale = static_cast<float>(low->scale),
                     .a_turned = turned_right(low_a_.turned, low_a_.in),
                     .a_rows = rows(low_a_),
                     .b_turned = turned_right(low_b_.turned, low_b_.in),
                     .b_rows = rows(low_b_),
                     .dropout = low->dropout,
                     .site = static_cast<uint32_t>(kernels::DropoutSite::kAdapter) + site};
  }
  return view;
}

template class PackedLinear<float>;
template class PackedLinear<kernels::Bf16>;

}  // namespace rift::nn
