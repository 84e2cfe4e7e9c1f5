#include "rift/nn/parameters.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rift/base/error.h"
#include "support/failure.h"

namespace rift::nn {
namespace {

at::Tensor numbers(std::vector<int64_t> shape, double first) {
  int64_t size = 1;
  for (int64_t extent : shape) size *= extent;
  return at::arange(first, first + static_cast<double>(size), at::kFloat).view(shape);
}

TEST(ParameterStore, ViewsAndFlatStorageAreTheSameBytes) {
  ParameterStore store;
  const Parameter& w = store.add("w", {2, 3});
  const Parameter& b = store.add("b", {2});
  store.seal();
  store.copy_from({{"w", numbers({2, 3}, 1)}, {"b", numbers({2}, 7)}});
  const std::span<float> values = store.values<float>();
  EXPECT_EQ(values[w.offset + 4], 5.0f);
  EXPECT_EQ(values[b.offset + 1], 8.0f);
  values[w.offset] = 99.0f;
  EXPECT_EQ(w.view.view(-1)[0].item<float>(), 99.0f);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(w.view.data_ptr()) % 64, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b.view.data_ptr()) % 64, 0u);
}

TEST(ParameterStore, BackwardAddsIntoTheFlatGradients) {
  ParameterStore store;
  const Parameter& w = store.add("w", {3});
  const Parameter& frozen = store.add("frozen", {3});
  store.seal();
  store.copy_from({{"w", numbers({3}, 1)}, {"frozen", numbers({3}, 4)}});
  store.set_trainable(frozen, false);
  for (int pass = 1; pass <= 2; ++pass) {
    w.view.mul(frozen.view).sum().backward();
    const std::span<const float> gradients = std::as_const(store).gradients<float>();
    EXPECT_EQ(gradients[w.offset], 4.0f * pass);
    EXPECT_EQ(gradients[w.offset + 2], 6.0f * pass);
  }
  EXPECT_FALSE(frozen.view.grad().defined());
  store.zero_gradients();
  EXPECT_EQ(store.gradients<float>()[w.offset], 0.0f);
  w.view.mul(frozen.view).sum().backward();
  EXPECT_EQ(store.gradients<float>()[w.offset], 4.0f);
}

TEST(ParameterStore, FrozenParametersTakeNoPartInTheGraph) {
  ParameterStore store;
  const Parameter& w = store.add("w", {3});
  store.seal();
  EXPECT_TRUE(w.view.mul(2).requires_grad());
  store.set_trainable(w, false);
  EXPECT_FALSE(w.view.mul(2).requires_grad());
  store.set_trainable(w, true);
  w.view.mul(2).sum().backward();
  EXPECT_EQ(store.gradients<float>()[w.offset], 2.0f);
}

TEST(ParameterStore, AVersionNeverComesBackWhateverChanges) {
  ParameterStore store;
  const Parameter& w = store.add("w", {3});
  store.seal();
  uint64_t last = store.version_of(w);
  const auto expect_later = [&](const char* what) {
    EXPECT_GT(store.version_of(w), last) << what;
    last = store.version_of(w);
  };
  for (int i = 0; i < 5; ++i) {
    w.view.detach().add_(1);
    expect_later("in place");
  }
  store.set_trainable(w, false);
  expect_later("frozen");
  w.view.detach().add_(1);
  expect_later("in place while frozen");
  store.set_trainable(w, true);
  expect_later("trained again");
  store.values<float>();
  expect_later("by an optimizer");
  store.set_trainable(w, false);
  expect_later("frozen again");
  store.copy_from({{"w", numbers({3}, 1)}});
  expect_later("by copy_from");
}

TEST(ParameterStore, AddingLaterKeepsOffsetsValuesAndFlags) {
  ParameterStore store;
  const Parameter& w = store.add("w", {2, 2});
  store.seal();
  store.copy_from({{"w", numbers({2, 2}, 1)}});
  store.set_trainable(w, false);
  const Parameter& a = store.add("adapter", {3});
  store.seal();
  EXPECT_EQ(w.offset, 0);
  EXPECT_TRUE(at::equal(w.view, numbers({2, 2}, 1)));
  EXPECT_FALSE(w.view.requires_grad());
  EXPECT_TRUE(a.view.requires_grad());
  EXPECT_EQ(a.view.sum().item<float>(), 0.0f);
  EXPECT_EQ(store.values<float>().data() + a.offset, a.view.data_ptr<float>());
  EXPECT_EQ(store.trainable_count(), 3);
  EXPECT_EQ(store.parameter_count(), 7);
}

TEST(ParameterStore, TrainableStretchesJoinNeighbours) {
  ParameterStore store;
  const Parameter& a = store.add("a", {16});
  store.add("b", {32});
  const Parameter& c = store.add("c", {16});
  store.add("d", {3});
  store.seal();
  EXPECT_EQ(store.trainable_stretches(), (std::vector<Stretch>{{0, 67}}));
  store.set_trainable(a, false);
  store.set_trainable(c, false);
  EXPECT_EQ(store.trainable_stretches(), (std::vector<Stretch>{{16, 32}, {64, 3}}));
}

TEST(ParameterStore, CopyFromNamesWhatIsMissingUnknownOrMisshapen) {
  ParameterStore store;
  store.add("w", {2});
  store.add("classifier.weight", {1, 2});
  store.add_buffer("steps", at::full({}, 3, at::kLong));
  store.seal();
  EXPECT_EQ(store.copy_from({{"w", numbers({2}, 0)}}), (std::vector<std::string>{"classifier.weight", "steps"}));
  const auto message_of = [&](const tensor::TensorMap& map) {
    try {
      store.copy_from(map);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kArtefact);
      return error.message();
    }
    return std::string("no error");
  };
  EXPECT_NE(message_of({{"w", numbers({3}, 0)}}).find("'w': expected shape [2], got [3]"), std::string::npos);
  EXPECT_NE(message_of({{"v", numbers({2}, 0)}}).find("'v'"), std::string::npos);
}

TEST(ParameterStore, CopiesOneTensorAfterTheOther) {
  ParameterStore store;
  tensor::LazyTensors tensors;
  int alive = 0, most = 0;
  for (const char* name : {"a", "b", "c"}) {
    store.add(name, {2});
    tensors.emplace(name, {.shape = {2}, .dtype = at::kFloat, .read = [&] {
                             most = std::max(most, ++alive);
                             auto* numbers = new float[2]{1, 2};
                             return at::from_blob(numbers, {2}, [&alive](void* at) {
                               delete[] static_cast<float*>(at);
                               --alive;
                             });
                           }});
  }
  store.seal();
  EXPECT_TRUE(store.copy_from(tensors).empty());
  EXPECT_EQ(most, 1);
  EXPECT_EQ(alive, 0);
  EXPECT_TRUE(at::equal(store.at("c").view.detach(), numbers({2}, 1)));
}

TEST(ParameterStore, AnAdaptersParametersNeedNoSecondStorage) {
  ParameterStore store;
  store.add("base", {1000, 100});
  store.seal();
  store.copy_from({{"base", at::ones({1000, 100})}});
  const void* before = store.values<float>().data();
  const Parameter& adapter = store.add("adapter", {100, 8});
  store.seal();
  EXPECT_EQ(store.values<float>().data(), before);
  EXPECT_EQ(store.at("base").view.min().item<float>(), 1.0f);
  EXPECT_TRUE(at::equal(adapter.view.detach(), at::zeros({100, 8})));
  EXPECT_TRUE(at::equal(adapter.view.grad(), at::zeros({100, 8})));
  store.add("as large again", {1000, 100});
  store.seal();
  EXPECT_NE(store.values<float>().data(), before);
  EXPECT_EQ(store.at("base").view.min().item<float>(), 1.0f);
}

TEST(ParameterStore, MapsGiveBackEveryParameterAndBuffer) {
  ParameterStore store;
  store.add("w", {2, 2});
  store.add_buffer("steps", at::full({}, 3, at::kLong));
  store.seal();
  store.copy_from({{"w", numbers({2, 2}, 1)}, {"steps", at::full({}, 9, at::kLong)}});
  const tensor::TensorMap copy = store.to_map(true);
  store.values<float>()[0] = -1;
  EXPECT_EQ(copy.size(), 2u);
  EXPECT_TRUE(at::equal(copy.at("w"), numbers({2, 2}, 1)));
  EXPECT_EQ(copy.at("steps").item<int64_t>(), 9);
  EXPECT_FALSE(copy.at("w").requires_grad());
  EXPECT_EQ(store.to_map(false).at("w").view(-1)[0].item<float>(), -1.0f);
}

TEST(ParameterStore, DoublesHaveTheirOwnSpans) {
  ParameterStore store(at::kDouble);
  const Parameter& w = store.add("w", {2});
  store.seal();
  store.copy_from({{"w", numbers({2}, 1)}});  // f32 in, f64 held
  EXPECT_EQ(store.values<double>()[w.offset + 1], 2.0);
  test::message_of(Code::kBug, [&] { store.values<float>(); });
}

TEST(ParameterStore, NamesAreUniqueAndUnknownNamesGetASuggestion) {
  ParameterStore store;
  store.add("classifier.weight", {2});
  test::message_of(Code::kBug, [&] { store.add("classifier.weight", {2}); });
  EXPECT_EQ(store.find("classifier.bias"), nullptr);
  try {
    store.at("clasifier.weight");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("did you mean 'classifier.weight'"), std::string::npos) << error.message();
  }
}

}  // namespace
}  // namespace rift::nn
