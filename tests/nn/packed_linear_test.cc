#include "rift/nn/packed_linear.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "rift/nn/initial_values.h"

namespace rift::nn {
namespace {

constexpr int64_t kOut = 96, kIn = 64;

template <class E>
class PackedLinearOf : public testing::Test {
 protected:
  PackedLinearOf() {
    store_.seal();
    fill_normal(store_, *linear_.weight, 1, 1);
  }

  /// Number of blocks that were packed anew.
  size_t refresh(PackedLinear<E>& packed) const {
    std::vector<std::function<void()>> tasks;
    packed.refresh(store_, tasks);
    for (const auto& task : tasks) task();
    return tasks.size();
  }

  /// Writes rows as a step of an optimizer does, and tells of them.
  void write_rows(PackedLinear<E>& packed, int64_t first, int64_t last, float value) {
    const std::span<float> values = store_.values<float>();
    for (int64_t i = first * kIn; i < last * kIn; ++i) values[static_cast<size_t>(linear_.weight->offset + i)] = value;
    packed.rows_written(store_, first, last);
  }

  void expect_as_made_anew(const PackedLinear<E>& packed) const {
    PackedLinear<E> anew(linear_);
    refresh(anew);
    const auto bytes = static_cast<size_t>(kOut * kIn) * sizeof(E);
    EXPECT_EQ(std::memcmp(packed.view(0).turned.data, anew.view(0).turned.data, bytes), 0);
    EXPECT_EQ(std::memcmp(packed.view(0).rows.data, anew.view(0).rows.data, bytes), 0);
  }

  ParameterStore store_;
  Linear linear_ = Linear::add_to(store_, "map", kIn, kOut);
};

using ElementTypes = testing::Types<float, kernels::Bf16>;
TYPED_TEST_SUITE(PackedLinearOf, ElementTypes);

TYPED_TEST(PackedLinearOf, IsMadeOnceForTheSameValues) {
  PackedLinear<TypeParam> packed(this->linear_);
  EXPECT_EQ(this->refresh(packed), 3u);
  EXPECT_EQ(this->refresh(packed), 0u);
  fill_normal(this->store_, *this->linear_.weight, 1, 2);
  EXPECT_EQ(this->refresh(packed), 3u);
  this->expect_as_made_anew(packed);
}

TYPED_TEST(PackedLinearOf, TakesWholeBlocksOfWrittenRowsAtOnceAndTheRestWhenAskedFor) {
  PackedLinear<TypeParam> packed(this->linear_);
  this->refresh(packed);
  this->write_rows(packed, 0, kOut, 0.5f);
  this->expect_as_made_anew(packed);
  EXPECT_EQ(this->refresh(packed), 0u);
  this->write_rows(packed, 16, 80, 0.25f);  // the second of three blocks is whole
  EXPECT_EQ(this->refresh(packed), 2u);
  this->expect_as_made_anew(packed);
}

TYPED_TEST(PackedLinearOf, StopsFollowingWhenNobodyAsks) {
  PackedLinear<TypeParam> packed(this->linear_), unused(this->linear_);
  this->write_rows(unused, 0, kOut, 1.0f);
  this->refresh(packed);
  this->write_rows(packed, 0, kOut, 0.5f);
  this->write_rows(packed, 0, kOut, 0.25f);
  EXPECT_EQ(this->refresh(packed), 3u);
  this->expect_as_made_anew(packed);
}

class Followed final : public RowsFollower {
 public:
  void rows_written(const Parameter& matrix, int64_t first, int64_t last) override {
    told.emplace_back(matrix.name, first, last);
  }
  std::vector<std::tuple<std::string, int64_t, int64_t>> told;
};

TEST(ParameterStore, TellsFollowersOfWholeRows) {
  ParameterStore store;
  const Parameter& bias = store.add("bias", {5});
  const Parameter& weight = store.add("weight", {4, 10});
  store.seal();
  Followed followed;
  store.follow(&followed);
  store.tell_followers({bias.offset, 5});
  store.tell_followers({weight.offset, 40});
  store.tell_followers({weight.offset + 5, 30});
  store.tell_followers({weight.offset + 5, 9});
  store.unfollow(&followed);
  store.tell_followers({weight.offset, 40});
  using Told = std::tuple<std::string, int64_t, int64_t>;
  EXPECT_EQ(followed.told, (std::vector<Told>{{"weight", 0, 4}, {"weight", 1, 3}}));
}

}  // namespace
}  // namespace rift::nn
