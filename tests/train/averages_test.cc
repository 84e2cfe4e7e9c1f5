#include "rift/train/averages.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/nn/linear.h"

namespace rift::train {
namespace {

/// Golden values: tools/fixtures/optim_golden.py (torch.optim.swa_utils).
TEST(MovingMean, FollowsAPathAsThatOfTorch) {
  const Json golden = parse_json(read_file("tests/optim/fixtures/optim_golden.json"), "optim_golden.json");
  const Json& expected = golden.at("moving_mean");
  const auto& cases = golden.at("cases").as_array();
  const auto path = std::ranges::find_if(cases, [](const Json& one) { return one.at("case") == Json("adamw"); });
  ASSERT_NE(path, cases.end());
  nn::ParameterStore store(at::kDouble);
  nn::Linear::add_to(store, "theta", 6, 1);
  store.seal();
  MovingMean mean(expected.at("decay").as_double());
  for (size_t step = 0; step < 10; ++step) {
    const at::Tensor theta = at::tensor(path->at("path").at(step).as_doubles(), at::kDouble).view({1, 6});
    store.copy_from(tensor::TensorMap{{"theta.weight", theta}});
    mean.update(store);
    const at::Tensor wanted = at::tensor(expected.at("means").at(step).as_doubles(), at::kDouble).view({1, 6});
    EXPECT_LT((mean.tensors().at("theta.weight") - wanted).abs().max().item<double>(), 1e-14) << step;
  }
}

}  // namespace
}  // namespace rift::train
