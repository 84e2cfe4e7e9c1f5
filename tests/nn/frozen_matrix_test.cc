#include "rift/nn/frozen_matrix.h"

#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/nn/linear.h"
#include "rift/nn/parameters.h"
#include "support/failure.h"

namespace rift::nn {
namespace {

/// Plain numbers that count how many of them are asked for at once.
class Numbers final : public FrozenMatrix {
 public:
  explicit Numbers(at::Tensor values) : values_(values.contiguous()) {}
  int64_t rows() const override { return values_.size(0); }
  int64_t columns() const override { return values_.size(1); }
  int64_t bytes_held() const override { return 7; }
  void read_rows(int64_t first, int64_t last, std::span<float> out) const override {
    most_rows = std::max(most_rows, last - first);
    const at::Tensor part = values_.narrow(0, first, last - first);
    std::copy_n(part.const_data_ptr<float>(), part.numel(), out.begin());
  }
  mutable int64_t most_rows = 0;

 private:
  at::Tensor values_;
};

TEST(FrozenMatrix, MapsAndGivesGradientsAsTheSameNumbersDo) {
  at::manual_seed(1);
  const at::Tensor values = at::randn({700, 40});  // not a whole number of panels
  for (const int64_t tokens : {1, 9, 50}) {
    const at::Tensor x = at::randn({tokens, 40}).set_requires_grad(true);
    const at::Tensor same = x.detach().clone().set_requires_grad(true);
    const auto matrix = std::make_shared<Numbers>(values);
    const at::Tensor y = frozen_linear(x, matrix), expected = linear_map(same, values, {});
    EXPECT_TRUE(y.allclose(expected, 1e-5, 1e-5));
    const at::Tensor d_y = at::randn({tokens, 700});
    y.backward(d_y);
    expected.backward(d_y);
    EXPECT_TRUE(x.grad().allclose(same.grad(), 1e-5, 1e-4));
    EXPECT_LE(matrix->most_rows, 256);
    EXPECT_TRUE(to_tensor(*matrix).equal(values));
  }
}

TEST(FrozenMatrix, TakesNoRoomInTheStorageAndNeverTrains) {
  ParameterStore store;
  const Linear first = Linear::add_to(store, "first", 40, 64);
  const Linear second = Linear::add_to(store, "second", 40, 64);
  store.hold_frozen(*first.weight, std::make_shared<Numbers>(at::randn({64, 40})));
  store.seal();
  EXPECT_EQ(store.elements(), 64 + 40 * 64 + 64);
  EXPECT_EQ(store.bytes_held(), 4 * store.elements() + 7);
  EXPECT_EQ(store.parameter_count(), 2 * (40 * 64 + 64));
  EXPECT_FALSE(first.weight->trainable);
  EXPECT_THAT(test::failure([&] { store.set_trainable(*first.weight, true); }),
              testing::AllOf(testing::StartsWith("configuration"), testing::HasSubstr("'first.weight' is kept"),
                             testing::HasSubstr("set model.text.base_weights to f32")));
  EXPECT_EQ(store.copy_from({{"second.weight", at::randn({64, 40})}}),
            (std::vector<std::string>{"first.bias", "second.bias"}));
  EXPECT_TRUE(store.to_map(true).at("first.weight").equal(to_tensor(*first.weight->frozen)));
  EXPECT_TRUE(merged_weight(first).equal(to_tensor(*first.weight->frozen)));
  EXPECT_EQ(store.trainable_stretches().size(), 1u);
}

}  // namespace
}  // namespace rift::nn
