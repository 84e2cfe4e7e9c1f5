#include "rift/train/movement_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/failure.h"
#include "train/toy_run.h"

namespace rift::train {
namespace {

using test::ToyTask;
using testing::HasSubstr;

/// Two tensors of ones, of which only "slope" moves although a gradient of this size has come to "intercept".
std::string said_of(const optim::OptimOptions& options, float gradient) {
  ToyTask task;
  nn::ParameterStore& store = task.parameters();
  std::ranges::fill(store.values<float>(), 1.0f);
  MovementWatch watch(store);
  std::ranges::fill(store.gradients<float>(), gradient);
  watch.look(store);
  const nn::Parameter& slope = store.at("slope");
  store.values<float>()[static_cast<size_t>(slope.offset)] = 2.0f;
  const optim::Optimizer<float> optimizer(options, make_groups(store, options, kParameters, {}));
  return test::failure([&] { watch.check(task, store, {.optimizer = optimizer}); });
}

TEST(MovementWatch, ASmallGradientMovesWhereTheRuleDividesByItsSize) {
  optim::OptimOptions options;
  options.lr = 1e-3;
  const auto forgotten = HasSubstr("1 of 2 tensors that should train have not moved: intercept");
  for (const auto& name : {decltype(options.name)(optim::AdamOptions{}), decltype(options.name)(optim::AdamWOptions{}),
                           decltype(options.name)(optim::NAdamOptions{}), decltype(options.name)(optim::LionOptions{}),
                           decltype(options.name)(optim::AdafactorOptions{})}) {
    options.name = name;
    SCOPED_TRACE(optim::kOptimizerNames[name.index()]);
    EXPECT_THAT(said_of(options, 1.0f), forgotten);
    EXPECT_THAT(said_of(options, 1e-6f), forgotten);  // 1e-9 would be lost in the rounding of 1
  }
  options.name = optim::SgdOptions{};
  EXPECT_THAT(said_of(options, 1.0f), forgotten);
  EXPECT_EQ(said_of(options, 1e-6f), "nothing");
}

TEST(MovementWatch, ATensorThatOnlyWeightDecayMovedIsNamed) {
  ToyTask task;
  nn::ParameterStore& store = task.parameters();
  std::ranges::fill(store.values<float>(), 1.0f);
  optim::OptimOptions options;
  const optim::Optimizer<float> optimizer(options, make_groups(store, options, kParameters, {}));
  MovementWatch watch(store), early(store);
  const auto said = [&](const MovementWatch& one) {
    return test::failure([&] { one.check(task, store, {.optimizer = optimizer}); });
  };
  store.gradients<float>()[static_cast<size_t>(store.at("intercept").offset)] = 1.0f;
  early.look(store);  // a gradient of any step is enough
  std::ranges::fill(store.gradients<float>(), 0.0f);
  store.gradients<float>()[static_cast<size_t>(store.at("slope").offset)] = 1.0f;
  watch.look(store);
  early.look(store);
  std::ranges::fill(store.values<float>(), 0.9f);
  EXPECT_THAT(said(watch),
              testing::StartsWith("configuration: after 3 steps no gradient has reached 1 of 2 tensors that "
                                  "should train: intercept; freeze them"));
  EXPECT_EQ(said(early), "nothing");
}

TEST(MovementWatch, AStepBelowTheRoundingIsNoFault) {
  optim::OptimOptions options;
  options.name = optim::AdamWOptions{};
  options.lr = 1e-9;
  EXPECT_EQ(said_of(options, 1.0f), "nothing");
  options.lr = 1e-3;
  EXPECT_EQ(said_of(options, 1e-13f), "nothing");  // epsilon holds the step down to 1e-5 of lr
}

}  // namespace
}  // namespace rift::train
