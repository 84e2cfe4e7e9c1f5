#include "rift/nn/dropout.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "nn/packed_rows.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/threads.h"
#include "rift/nn/kernels/dropout.h"
#include "rift/tensor/aten_threads.h"

namespace rift::nn {
namespace {

using test::packed_rows;
using test::random_tensor;

const ForwardContext kTraining{.training = true, .seed = 5, .epoch = 2};
constexpr uint32_t kSite = static_cast<uint32_t>(DropoutSite::kFeedForwardOutput);

uint64_t number_of(const Json& text) { return std::stoull(text.as_string()); }

template <class T>
std::string kept_by(uint64_t state, uint32_t first, size_t n, double probability) {
  std::vector<T> values(n, T(1));
  kernels::apply_dropout(state, first, static_cast<int64_t>(n), kernels::dropout_rate(probability), values.data(),
                         values.data());
  std::string kept;
  for (const T value : values) {
    EXPECT_TRUE(value == T(0) || value == static_cast<T>(1 / (1 - probability)));
    kept += value == T(0) ? '0' : '1';
  }
  return kept;
}

TEST(DropoutHash, NeverChanges) {
  const Json golden = parse_json(read_file("tests/nn/fixtures/dropout_golden.json"), "dropout_golden.json");
  for (const Json& one : golden.at("cases").as_array()) {
    const uint64_t state = kernels::dropout_state({.seed = number_of(one.at("seed")),
                                                   .epoch = one.at("epoch").as_int(),
                                                   .row_key = number_of(one.at("row_key")),
                                                   .layer = one.at("layer").as_int(),
                                                   .site = static_cast<uint32_t>(one.at("site").as_int()),
                                                   .token = one.at("token").as_int()});
    EXPECT_EQ(state, std::stoull(one.at("state").as_string(), nullptr, 16));
    const std::string& kept = one.at("kept").as_string();
    const auto first = static_cast<uint32_t>(one.at("first").as_int());
    EXPECT_EQ(kept_by<float>(state, first, kept.size(), one.at("probability").as_double()), kept);
    EXPECT_EQ(kept_by<double>(state, first, kept.size(), one.at("probability").as_double()), kept);
  }
}

TEST(DropoutHash, EveryFieldChangesTheMask) {
  const kernels::DropoutToken base{.seed = 1, .epoch = 1, .row_key = 1, .layer = 1, .site = 1, .token = 1};
  std::set<uint64_t> states = {kernels::dropout_state(base)};
  for (const auto& change : std::vector<std::function<void(kernels::DropoutToken&)>>{
           [](auto& t) { t.seed = 2; }, [](auto& t) { t.epoch = 2; }, [](auto& t) { t.row_key = 2; },
           [](auto& t) { t.layer = 2; }, [](auto& t) { t.site = 2; }, [](auto& t) { t.token = 2; }}) {
    kernels::DropoutToken token = base;
    change(token);
    states.insert(kernels::dropout_state(token));
  }
  EXPECT_EQ(states.size(), 7u);
}

TEST(DropoutHash, AProbabilityCloseToOneStillDrops) {
  const double closest = std::nextafter(1.0, 0.0);
  EXPECT_EQ(kept_by<double>(1, 0, 1000, closest), std::string(1000, '0'));
}

TEST(Dropout, DropsAtItsRateAndKeepsTheMean) {
  const auto batch = packed_rows({400, 100, 500});
  for (const double probability : {0.1, 0.5}) {
    const at::Tensor y = dropout(at::ones({1000, 384}), {probability, 1, kSite}, batch, kTraining);
    const double dropped = y.eq(0).to(at::kDouble).mean().item<double>();
    EXPECT_NEAR(dropped, probability, 4 * std::sqrt(probability * (1 - probability) / 384000)) << "4 sigma";
    EXPECT_NEAR(y.max().item<double>(), 1 / (1 - probability), 1e-6);
    // Neighbours along both directions are independent: the share of pairs that both drop is the square.
    const at::Tensor zero = y.eq(0);
    const auto both = [&](int64_t dim) {
      const int64_t n = zero.size(dim) - 1;
      return zero.narrow(dim, 0, n).logical_and(zero.narrow(dim, 1, n)).to(at::kDouble).mean().item<double>();
    };
    EXPECT_NEAR(both(0), probability * probability, 0.003);
    EXPECT_NEAR(both(1), probability * probability, 0.003);
  }
}

TEST(Dropout, RowKeepsItsMaskInAnyPackingAndWithAnyThreads) {
  const at::Tensor x = at::ones({30, 64});
  const at::Tensor whole = dropout(x, {0.3, 1, kSite}, packed_rows({10, 5, 15}), kTraining);
  const at::Tensor second = dropout(x.narrow(0, 0, 5), {0.3, 1, kSite}, packed_rows({5}, 1), kTraining);
  EXPECT_TRUE(at::equal(second, whole.narrow(0, 10, 5)));
  const auto one_of_each = [&](TokensRead read) {
    return dropout(x.narrow(0, 0, 3), {0.3, 1, kSite, read}, packed_rows({10, 5, 15}), kTraining);
  };
  EXPECT_TRUE(at::equal(one_of_each(TokensRead::kFirst)[2], whole[15]));
  EXPECT_TRUE(at::equal(one_of_each(TokensRead::kLast)[1], whole[14]));
  const int64_t before = threads();
  for (const int64_t count : {1, 2}) {
    set_threads(count);
    tensor::apply_threads();
    EXPECT_TRUE(at::equal(dropout(x, {0.3, 1, kSite}, packed_rows({10, 5, 15}), kTraining), whole));
  }
  set_threads(before);
  tensor::apply_threads();
}

TEST(Dropout, BackwardGoesThroughTheSameMask) {
  const auto batch = packed_rows({3, 4});
  const at::Tensor x = random_tensor({7, 9}, 1).set_requires_grad(true);
  const at::Tensor y = dropout(x, {0.4, 0, kSite}, batch, kTraining);
  y.sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), dropout(at::ones({7, 9}, at::kDouble), {0.4, 0, kSite}, batch, kTraining)));
}

TEST(Dropout, ScoringAndZeroProbabilityPassThrough) {
  const auto batch = packed_rows({2});
  const at::Tensor x = random_tensor({2, 3}, 1);
  EXPECT_TRUE(dropout(x, {0.4, 0, kSite}, batch, {}).is_same(x));
  EXPECT_TRUE(dropout(x, {0.0, 0, kSite}, batch, kTraining).is_same(x));
}

}  // namespace
}  // namespace rift::nn
