#include "rift/nn/recompute.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "nn/packed_rows.h"
#include "rift/base/error.h"
#include "rift/nn/engine/memory.h"
#include "support/failure.h"

namespace rift::nn {
namespace {

/// Numbers between -1 and 1.
at::Tensor numbers(at::IntArrayRef shape, double from) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return at::arange(count, at::kDouble).mul(0.7).add(from).sin().view(shape);
}

/// How often a part ran in either pass.
struct Runs {
  int first = 0;
  int again = 0;
};

RecomputedPart bent(const at::Tensor& weight, Runs& runs) {
  return [weight, &runs](const at::Tensor& x, bool again) {
    ++(again ? runs.again : runs.first);
    return at::matmul(x, weight).tanh();
  };
}

TEST(Recomputed, GradientsAreTheSlopesOfTheValueInF64) {
  const at::Tensor x = numbers({3, 4}, 0.1).requires_grad_(), weight = numbers({4, 5}, 2.0).requires_grad_();
  Runs runs;
  const auto loss = [&] { return recomputed(bent(weight, runs), x).square().sum(); };
  const at::Tensor value = loss();
  EXPECT_EQ(runs.first, 1);
  EXPECT_EQ(runs.again, 0);
  value.backward();
  EXPECT_EQ(runs.first, 1);
  EXPECT_EQ(runs.again, 1);
  EXPECT_LT(test::gradient_error(x, loss), 1e-8);
  EXPECT_LT(test::gradient_error(weight, loss), 1e-8);
  EXPECT_GT(weight.grad().abs().max().item<double>(), 0.1);
}

TEST(Recomputed, OneBehindAnotherGivesTheGradientsOfPlainPartsToTheBit) {
  const auto gradients = [](bool recomputes) {
    const at::Tensor x = numbers({3, 4}, 0.1).requires_grad_();
    const at::Tensor one = numbers({4, 4}, 1.0).requires_grad_(), two = numbers({4, 4}, 3.0).requires_grad_();
    Runs runs;
    at::Tensor y = x;
    for (const at::Tensor& weight : {one, two, one}) {  // a weight may serve twice
      y = recomputes ? recomputed(bent(weight, runs), y) : bent(weight, runs)(y, false);
    }
    y.square().sum().backward();
    return std::vector<at::Tensor>{x.grad(), one.grad(), two.grad()};
  };
  const auto got = gradients(true), expected = gradients(false);
  for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(at::equal(got[i], expected[i])) << i;
}

TEST(Recomputed, ParametersInsideGetTheirGradientWhereTheInputNeedsNone) {
  const at::Tensor x = numbers({3, 4}, 0.1), weight = numbers({4, 5}, 2.0).requires_grad_();
  Runs runs;
  const auto loss = [&] { return recomputed(bent(weight, runs), x).square().sum(); };
  ASSERT_TRUE(loss().requires_grad());
  EXPECT_LT(test::gradient_error(weight, loss), 1e-8);
  EXPECT_FALSE(x.grad().defined());
}

/// A part that throws in one of the two passes.
template <class Throw>
RecomputedPart failing(const at::Tensor& weight, bool on_the_way_back, const Throw& fail) {
  return [=](const at::Tensor& x, bool again) {
    if (again == on_the_way_back) fail();
    return at::matmul(x, weight);
  };
}

TEST(Recomputed, WhatThePartThrowsComesThroughInEitherPass) {
  const at::Tensor x = numbers({3, 4}, 0.1).requires_grad_(), weight = numbers({4, 5}, 2.0).requires_grad_();
  const auto fail = [] { RIFT_FAIL(Code::kData, "of the part"); };
  EXPECT_THAT(test::message_of(Code::kData, [&] { recomputed(failing(weight, false, fail), x); }),
              testing::HasSubstr("of the part"));
  const at::Tensor y = recomputed(failing(weight, true, fail), x);
  EXPECT_THAT(test::message_of(Code::kData, [&] { y.sum().backward(); }), testing::HasSubstr("of the part"));
}

TEST(Recomputed, AWantOfMemoryOnTheWayBackIsTakenInPartsByNobody) {
  const at::Tensor x = numbers({3, 4}, 0.1).requires_grad_(), weight = numbers({4, 5}, 2.0).requires_grad_();
  const auto fail = [] { throw engine::OutOfMemory(size_t{1} << 40); };
  EXPECT_THROW(recomputed(failing(weight, false, fail), x), engine::OutOfMemory);
  const at::Tensor y = recomputed(failing(weight, true, fail), x);
  try {
    y.sum().backward();
    FAIL() << "expected an error";
  } catch (const engine::OutOfMemory&) {
    FAIL() << "a caller would take the batch in parts, with some gradients added already";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kEnvironment);
    EXPECT_FALSE(error.message().empty());
  }
}

}  // namespace
}  // namespace rift::nn
