#include "rift/nn/engine/linear.h"

#include <algorithm>
#include <type_traits>

#include "rift/base/error.h"

namespace rift::nn::engine {

namespace {

using kernels::Finish;
using kernels::Product;
using kernels::Rows;

template <class E>
kernels::Left<E> row_major(Rows<const E> x) {
  return {x.data, x.row, kernels::kPerUnit<E>};
}

template <class E>
kernels::Dropped dropped_input(const PanelPass<E>& pass, const LowRankView<E>& low, int64_t layer) {
  return pass.dropped(low.dropout, layer, low.site);
}

/// What the low-rank update reads: x, or x after dropout in scratch.low_input.
template <class E>
Rows<const E> low_rank_input(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, Rows<const E> x) {
  const kernels::Dropped dropped = dropped_input(pass, *linear.low_rank, layer);
  if (dropped.states == nullptr) return x;
  const Rows<E> to{pass.scratch.low_input, linear.in};
  pass.kernels.drop(x, pass.tokens.count, linear.in, dropped, to);
  return {to.data, to.row};
}

template <class E>
void low_states(const PanelPass<E>& pass, const LinearView<E>& linear, Rows<const E> input, Rows<E> to) {
  pass.kernels.product({.a = row_major(input),
                        .b = linear.low_rank->a_turned,
                        .rows = pass.tokens.count,
                        .columns = kRankColumns,
                        .depth = linear.in,
                        .finish = Finish::kElements,
                        .out = to.data,
                        .out_row = to.row});
}

/// Runs `base` (a product of W) and adds `update` (the low-rank one, without a finish): into the same sums, or through
/// an addend where the sums are finished at once.
template <class E>
void run_both(const PanelPass<E>& pass, Product<E> base, Product<E> update, const kernels::Dropped& dropped) {
  const bool masked = dropped.states != nullptr;
  const bool sums = base.finish == Finish::kStore || base.finish == Finish::kAdd;
  if (sums && !masked) {
    pass.kernels.product(base);
    update.finish = Finish::kAdd;
    update.sum = base.sum;
    update.sum_row = base.sum_row;
    pass.kernels.product(update);
    return;
  }
  update.finish = Finish::kStore;
  update.sum = pass.scratch.addend;
  update.sum_row = update.columns;
  pass.kernels.product(update);
  const Rows<float> addend{pass.scratch.addend, update.columns};
  if (masked) pass.kernels.drop_f32({addend.data, addend.row}, update.rows, update.columns, dropped, addend);
  if (!sums) {
    base.addend = addend.data;
    base.addend_row = addend.row;
    pass.kernels.product(base);
    return;
  }
  pass.kernels.product(base);
  pass.kernels.add_f32({addend.data, addend.row}, update.rows, update.columns, {base.sum, base.sum_row});
}

template <class E>
Product<E> part_of(Product<E> product, kernels::Left<E> a, kernels::Right<E> b, int64_t rows, int64_t columns,
                   int64_t depth, const LinearPart& part) {
  product.a = a;
  product.b = b.columns_from(part.column).depth_from(part.depth_begin);
  product.rows = rows;
  product.columns = part.columns < 0 ? columns : part.columns;
  product.depth = part.depth < 0 ? depth : part.depth;
  return product;
}

/// Of the same part.
kernels::ByteColumns columns_of(const ByteWeights& weights, int64_t in, int64_t out, const LinearPart& part) {
  kernels::ByteColumns columns = weights.columns;
  columns.bytes = columns.bytes.columns_from(part.column).depth_from(part.depth_begin);
  columns.scale += part.column;
  if (part.depth < 0 || part.depth == in) {
    columns.sums += part.column;
  } else {
    RIFT_CHECK(part.depth_begin % kSlabColumns == 0 && part.depth == std::min(kSlabColumns, in - part.depth_begin));
    columns.sums = weights.slab_sums + part.depth_begin / kSlabColumns * out + part.column;
  }
  return columns;
}

}  // namespace

template <class E>
LinearInput<E> input_of(std::initializer_list<const LinearView<E>*> readers, int64_t tokens, Rows<const E> x,
                        int64_t columns, const kernels::ByteRows& place) {
  const bool reads_bytes = std::ranges::any_of(readers, [](const auto* reader) { return reader->bytes.has_value(); });
  if constexpr (std::is_same_v<E, float>) {
    if (reads_bytes) kernels::byte_kernels().quantize(x, tokens, columns, place);
  } else {
    RIFT_CHECK(!reads_bytes);
  }
  return {x, place};
}

template <class E>
void run_linear(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, const LinearInput<E>& input,
                Product<E> finish, const LinearPart& part) {
  const int64_t rows = pass.tokens.count;
  const Rows<const E> x = input.x;
  const Product<E> base = part_of(finish, row_major(x), linear.turned, rows, linear.out, linear.in, part);
  if constexpr (std::is_same_v<E, float>) {
    if (linear.bytes) {
      kernels::byte_kernels().product(
          {.a = input.bytes, .b = columns_of(*linear.bytes, linear.in, linear.out, part), .result = base});
      return;
    }
  }
  if (!linear.low_rank) {
    pass.kernels.product(base);
    return;
  }
  RIFT_CHECK(base.columns == linear.out && base.depth == linear.in);
  const Rows<E> low{pass.scratch.low, kRankColumns};
  low_states(pass, linear, low_rank_input(pass, linear, layer, x), low);
  const Product<E> update{.a = row_major(Rows<const E>{low.data, low.row}),
                          .b = linear.low_rank->b_turned,
                          .rows = rows,
                          .columns = linear.out,
                          .depth = kRankColumns};
  run_both(pass, base, update, {});
}

template <class E>
void run_low_rank_backward(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, int64_t begin,
                           Rows<const E> x, Rows<const E> d_y, const LinearOperands<E>& operands) {
  const int64_t rows = pass.tokens.count;
  const Rows<const E> input = low_rank_input(pass, linear, layer, x);
  if (operands.low_input.data != nullptr) {
    const Rows<E> to = operands.low_input.place(begin, 0, {pass.scratch.low_input, linear.in});
    if (to.data != input.data) pass.kernels.copy(input, rows, linear.in, to);
    operands.low_input.publish(pass.kernels, begin, 0, {to.data, to.row}, rows, linear.in);
  }
  const Rows<E> low = operands.low.place(begin, 0, {pass.scratch.low, kRankColumns});
  low_states(pass, linear, input, low);
  operands.low.publish(pass.kernels, begin, 0, {low.data, low.row}, rows, kRankColumns);
  const Rows<E> d_low = operands.d_low.place(begin, 0, {pass.scratch.d_low, kRankColumns});
  pass.kernels.product({.a = row_major(d_y),
                        .b = linear.low_rank->b_rows,
                        .rows = rows,
                        .columns = kRankColumns,
                        .depth = linear.out,
                        .finish = Finish::kElements,
                        .out = d_low.data,
                        .out_row = d_low.row});
  operands.d_low.publish(pass.kernels, begin, 0, {d_low.data, d_low.row}, rows, kRankColumns);
}

template <class E>
void run_linear_backward(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, int64_t begin,
                         Rows<const E> x, Rows<const E> d_y, const LinearOperands<E>& operands, Product<E> finish,
                         const LinearPart& part) {
  const int64_t rows = pass.tokens.count;
  const Product<E> base = part_of(finish, row_major(d_y), linear.rows, rows, linear.in, linear.out, part);
  if (!linear.low_rank) {
    pass.kernels.product(base);
    return;
  }
  RIFT_CHECK(base.columns == linear.in && base.depth == linear.out);
  run_low_rank_backward(pass, linear, layer, begin, x, d_y, operands);
  const Rows<E> d_low = operands.d_low.place(begin, 0, {pass.scratch.d_low, kRankColumns});
  const Product<E> update{.a = row_major(Rows<const E>{d_low.data, d_low.row}),
                          .b = linear.low_rank->a_rows,
                          .rows = rows,
                          .columns = linear.in,
                          .depth = kRankColumns};
  run_both(pass, base, update, dropped_input(pass, *linear.low_rank, layer));
}

#define RIFT_INSTANTIATE(E)                                                                                          \
  template LinearInput<E> input_of<E>(std::initializer_list<const LinearView<E>*>, int64_t, Rows<const E>, int64_t,  \
                                      const kernels::ByteRows&);                                                     \
  template void run_linear<E>(const PanelPass<E>&, const LinearView<E>&, int64_t, const LinearInput<E>&, Product<E>, \
                              const LinearPart&);                                                                    \
  template void run_linear_backward<E>(const PanelPass<E>&, const LinearView<E>&, int64_t, int64_t, Rows<const E>,   \
                                       Rows<const E>, const LinearOperands<E>&, Product<E>, const LinearPart&);      \
  template void run_low_rank_backward<E>(const PanelPass<E>&, const LinearView<E>&, int64_t, int64_t, Rows<const E>, \
                                         Rows<const E>, const LinearOperands<E>&);
RIFT_INSTANTIATE(float)
RIFT_INSTANTIATE(kernels::Bf16)
#undef RIFT_INSTANTIATE

}  // namespace rift::nn::engine
