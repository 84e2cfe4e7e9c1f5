#include "rift/train/adapter_distance.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "models/load.h"
#include "rift/base/random.h"
#include "rift/models/text_classifier.h"
#include "rift/tuning/tuning.h"
#include "support/temp_directory.h"
#include "train/small_options.h"

namespace rift::train {
namespace {

/// The small BERT in f64 with LoRA on every map that it adapts by itself.
struct Adapted {
  test::TempDirectory folder;
  std::unique_ptr<models::TextClassifier> model;

  explicit Adapted(int64_t rank = 2) {
    const checkpoint::HfDirectory base = checkpoint::open_hf_directory(test::small_backbone(folder));
    model = std::make_unique<models::TextClassifier>(
        models::TextClassifierOptions{.config = base.config, .pooling = models::Pooling::kMean, .dtype = at::kDouble},
        test::load_weights(base).tensors);
    tuning::apply({.method = tuning::LoraOptions{.rank = rank, .alpha = 6.0}}, *model, 1);
  }
  nn::ParameterStore& store() { return model->parameters(); }

  /// Both factors of every update, none of them zero.
  void fill(uint64_t seed) {
    uint64_t at = 0;
    for (const nn::LinearMap* map : std::as_const(*model).linear_maps()) {
      if (!map->adapter) continue;
      for (const nn::Parameter* parameter : map->adapter->parameters()) {
        for (double& value : store().values<double>().subspan(static_cast<size_t>(parameter->offset),
                                                              static_cast<size_t>(parameter->size))) {
          value = 0.3 * CounterRandom(seed, 1).normal(at++);
        }
      }
    }
  }

  /// 1/2 * |W - W_p|^2 over the maps, of merged weights.
  double distance_of_maps(const std::vector<at::Tensor>& start) const {
    double sum = 0;
    size_t i = 0;
    for (const nn::LinearMap* map : std::as_const(*model).linear_maps()) {
      if (map->adapter) sum += nn::merged_weight(*map).sub(start[i++]).square().sum().item<double>();
    }
    return 0.5 * sum;
  }
  std::vector<at::Tensor> maps() const {
    std::vector<at::Tensor> all;
    for (const nn::LinearMap* map : std::as_const(*model).linear_maps()) {
      if (map->adapter) all.push_back(nn::merged_weight(*map));
    }
    return all;
  }
};

TEST(AdapterDistance, IsHalfTheSquaredDistanceOfTheAdaptedMaps) {
  Adapted adapted;
  const std::vector<at::Tensor> start = adapted.maps();
  ASSERT_GE(start.size(), 4u);
  const AdapterDistance distance(*adapted.model);
  EXPECT_EQ(distance.value(), 0.0);  // B begins at zero
  adapted.fill(5);
  EXPECT_GT(distance.value(), 0.1);
  EXPECT_NEAR(distance.value(), adapted.distance_of_maps(start), 1e-10);
}

TEST(AdapterDistance, OfUpdatesThatDoNotBeginAtZeroIsCountedFromTheirBeginning) {
  Adapted adapted;
  adapted.fill(8);
  const std::vector<at::Tensor> start = adapted.maps();
  const AdapterDistance distance(*adapted.model);
  EXPECT_NEAR(distance.value(), 0.0, 1e-10);
  adapted.fill(9);
  EXPECT_NEAR(distance.value(), adapted.distance_of_maps(start), 1e-10);
}

TEST(AdapterDistance, GradientsAreTheFiniteDifferencesOfTheirValues) {
  for (const bool from_zero : {true, false}) {
    Adapted adapted(3);
    if (!from_zero) adapted.fill(4);
    const AdapterDistance distance(*adapted.model);
    adapted.fill(5);
    adapted.store().zero_gradients();
    constexpr double kLambda = 0.7;
    EXPECT_NEAR(distance.add_gradient(kLambda), distance.value(), 1e-12);
    int64_t compared = 0;
    for (const nn::LinearMap* map : std::as_const(*adapted.model).linear_maps()) {
      if (!map->adapter) continue;
      for (const nn::Parameter* parameter : map->adapter->parameters()) {
        for (int64_t i = 0; i < parameter->size; i += 3) {
          const auto at = static_cast<size_t>(parameter->offset + i);
          const double gradient = std::as_const(adapted.store()).gradients<double>()[at];
          const double value = adapted.store().values<double>()[at];
          constexpr double kBy = 1e-5;
          adapted.store().values<double>()[at] = value + kBy;
          const double above = distance.value();
          adapted.store().values<double>()[at] = value - kBy;
          const double below = distance.value();
          adapted.store().values<double>()[at] = value;
          EXPECT_NEAR(gradient, kLambda * (above - below) / (2 * kBy), 1e-8) << parameter->name;
          ++compared;
        }
      }
    }
    EXPECT_GT(compared, 50);
  }
}

TEST(AdapterDistance, WithoutAdaptersThereIsNothingToHold) {
  test::TempDirectory folder;
  const checkpoint::HfDirectory base = checkpoint::open_hf_directory(test::small_backbone(folder));
  models::TextClassifier model({.config = base.config, .pooling = models::Pooling::kMean},
                               test::load_weights(base).tensors);
  EXPECT_TRUE(AdapterDistance(model).empty());
}

}  // namespace
}  // namespace rift::train
