#include "rift/train/parameter_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/failure.h"

namespace rift::train {
namespace {

struct Store {
  nn::ParameterStore store;
  Store() {
    store.add("encoder.weight", {2, 2});
    store.add("encoder.bias", {2});
    store.add("encoder.LayerNorm.weight", {2});
    store.add("classifier.weight", {1, 2});
    store.add("classifier.bias", {1});
    store.add("frozen", {3});
    store.seal();
    store.set_trainable(store.at("frozen"), false);
  }
};
const std::vector<std::string> kEncoder = {"encoder.weight", "encoder.bias", "encoder.LayerNorm.weight"};
const std::vector<std::string> kHead = {"classifier.weight", "classifier.bias"};

TEST(ParameterGroups, BiasesAndLayerNormHaveNoDecayAndTheHeadItsOwnRate) {
  const Store model;
  optim::OptimOptions options;
  options.lr = 1e-4;
  options.head_lr = 1e-3;
  options.weight_decay = 0.01;
  const auto groups = make_groups(model.store, options, kEncoder, kHead);
  ASSERT_EQ(groups.size(), 4u);
  std::vector<std::tuple<std::string, double, double, size_t>> got;
  for (const auto& group : groups) got.emplace_back(group.name, group.lr, group.weight_decay, group.slices.size());
  EXPECT_THAT(
      got, testing::ElementsAre(std::tuple("encoder", 1e-4, 0.01, 1u), std::tuple("encoder, no decay", 1e-4, 0.0, 2u),
                                std::tuple("head", 1e-3, 0.01, 1u), std::tuple("head, no decay", 1e-3, 0.0, 1u)));
  EXPECT_EQ(groups[0].slices[0].offset, model.store.at("encoder.weight").offset);
  EXPECT_EQ(groups[0].slices[0].size, 4);
}

TEST(ParameterGroups, AFactorMakesAGroupOfItsOwn) {
  const Store model;
  optim::OptimOptions options;
  options.lr = 1e-4;
  options.weight_decay = 0.01;
  const auto groups =
      make_groups(model.store, options, kEncoder, kHead, {{"encoder.weight", 0.5}, {"encoder.bias", 4.0}});
  std::vector<std::pair<std::string, double>> got;
  for (const auto& group : groups) got.emplace_back(group.name, group.lr);
  EXPECT_THAT(got, testing::ElementsAre(std::pair("encoder, lr times 4, no decay", 4e-4),
                                        std::pair("encoder, no decay", 1e-4), std::pair("encoder, lr times 0.5", 5e-5),
                                        std::pair("head", 1e-4), std::pair("head, no decay", 1e-4)));
}

TEST(ParameterGroups, RatesFallFromTheTopLayerToTheStem) {
  const models::Part stem{"stem", {"word"}};
  const std::vector<models::Part> layers = {{"0", {"low"}}, {"1", {"middle", "bias"}}, {"2", {"top"}}};
  EXPECT_TRUE(layer_rates(stem, layers, 1.0).empty());
  EXPECT_THAT(layer_rates(stem, layers, 0.5),
              testing::UnorderedElementsAre(std::pair("top", 1.0), std::pair("middle", 0.5), std::pair("bias", 0.5),
                                            std::pair("low", 0.25), std::pair("word", 0.125)));
}

TEST(ParameterGroups, TheHeadTakesLrWhereHeadLrIsLeftOut) {
  const Store model;
  optim::OptimOptions options;
  options.lr = 0.5;
  EXPECT_EQ(make_groups(model.store, options, kEncoder, kHead)[2].lr, 0.5);
}

TEST(ParameterGroups, ATrainableParameterInNoGroupIsABug) {
  const Store model;
  EXPECT_THAT(test::failure([&] { make_groups(model.store, {}, kEncoder, {}); }), testing::StartsWith("bug"));
}

TEST(ParameterGroups, TheAnchorHoldsWhatTrainsAndWasPretrained) {
  const Store model;
  const auto slices = anchored_slices(model.store, kHead);
  ASSERT_EQ(slices.size(), 3u);
  EXPECT_EQ(slices[0].offset, model.store.at("encoder.weight").offset);
  EXPECT_EQ(slices[2].size, 2);
}

}  // namespace
}  // namespace rift::train
