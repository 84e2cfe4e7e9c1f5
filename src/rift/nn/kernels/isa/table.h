// The table of one instruction set. Included once by each of baseline.cc, avx2.cc, ...
#pragma once

#include "rift/nn/kernels/isa/product.h"
#include "rift/nn/kernels/isa/rows.h"

namespace rift::nn::kernels {
namespace {

template <class E>
constexpr Kernels<E> kTable{.product = product<E>,
                            .turn = turn<E>,
                            .pair = pair<false>,
                            .pair_away = pair<true>,
                            .gelu = gelu<E>,
                            .narrow = convert<const float, E>,
                            .widen = convert<const E, float>,
                            .add_norm = add_norm<E>,
                            .add_norm_backward = add_norm_backward<E>,
                            .softmax = softmax<E>,
                            .softmax_backward = softmax_backward<E>,
                            .row_inner = row_inner<E>,
                            .column_sums = column_sums<E>,
                            .drop = drop<E>,
                            .drop_f32 = drop<float>,
                            .copy = convert<const E, E>,
                            .add_f32 = add_f32};

}  // namespace
}  // namespace rift::nn::kernels
