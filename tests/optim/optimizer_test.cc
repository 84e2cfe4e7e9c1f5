#include "rift/optim/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <mutex>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/random.h"
#include "rift/base/threads.h"
#include "rift/optim/clip.h"
#include "support/failure.h"

namespace rift::optim {
namespace {

// Gradient of the golden problem: A theta - b.
std::vector<double> gradient_at(const Json& golden, const std::vector<double>& theta) {
  const std::vector<double> b = golden.at("b").as_doubles();
  std::vector<double> gradient(theta.size());
  for (size_t i = 0; i < theta.size(); ++i) {
    gradient[i] = -b[i];
    const std::vector<double> row = golden.at("a").at(i).as_doubles();
    for (size_t j = 0; j < theta.size(); ++j) gradient[i] += row[j] * theta[j];
  }
  return gradient;
}

/// A matrix as one slice; a vector in two, which the moments must follow, where elements do not depend on each other.
std::vector<Slice> slices_of(const Json& one, const OptimOptions& options) {
  const std::vector<double> shape = one.at("shape").as_doubles();
  const auto size = static_cast<int64_t>(shape[0]);
  if (shape.size() == 2) {
    const auto columns = static_cast<int64_t>(shape[1]);
    return {{.offset = 0, .size = size * columns, .rows = size, .columns = columns}};
  }
  if (std::holds_alternative<AdafactorOptions>(options.name)) return {{0, size}};
  return {{0, 2}, {2, size - 2}};
}

TEST(Optimizer, TenStepsEqualTorchInF64) {
  const Json golden = parse_json(read_file("tests/optim/fixtures/optim_golden.json"), "optim_golden.json");
  for (const Json& one : golden.at("cases").as_array()) {
    SCOPED_TRACE(one.at("case").as_string());
    OptimOptions options;
    read_options(one.at("options"), "optim_golden.json", options);
    std::vector<double> theta = golden.at("start").as_doubles();
    Optimizer<double> optimizer(options, {{"all", options.lr, options.weight_decay, slices_of(one, options)}});
    for (int step = 0; step < 10; ++step) {
      const Json& expected = one.at("path").at(static_cast<size_t>(step));
      const std::vector<double> gradient = gradient_at(golden, theta);
      const double norm = optimizer.measure(theta, gradient).norm;
      EXPECT_NEAR(norm, one.at("norms").at(static_cast<size_t>(step)).as_double(), 1e-10);
      const double clip = one.at("options").contains("clip_norm") ? clip_factor(norm, options.clip_norm) : 1.0;
      optimizer.step(theta, gradient, 1.0, clip);
      for (size_t i = 0; i < theta.size(); ++i) EXPECT_NEAR(theta[i], expected.at(i).as_double(), 1e-10);
    }
    EXPECT_EQ(optimizer.steps(), 10);
  }
}

TEST(Optimizer, RestartedItIsANewOneOfItsActiveSlices) {
  OptimOptions options;
  options.name = AdamWOptions{};
  options.lr = 0.1;
  const ParameterGroup both{"all", 0.1, 0.01, {{0, 2}, {2, 3}}};
  std::vector<double> theta = {1, 2, 3, 4, 5}, expected = theta;
  const std::vector<double> gradient = {0.5, -1, 2, 0.25, -3};
  Optimizer<double> restarted(options, {both});
  restarted.restart([](const Slice& slice) { return slice.offset == 0; });
  EXPECT_EQ(restarted.active_slices().size(), 1u);
  Optimizer<double> first(options, {{"all", 0.1, 0.01, {{0, 2}}}});
  for (int step = 0; step < 3; ++step) {
    restarted.step(theta, gradient, 1.0);
    first.step(expected, gradient, 1.0);
    EXPECT_EQ(theta, expected) << step;
  }
  EXPECT_DOUBLE_EQ(restarted.measure(theta, gradient).norm, std::hypot(0.5, 1.0));
  restarted.restart([](const Slice&) { return true; });
  Optimizer<double> second(options, {both});
  for (int step = 0; step < 3; ++step) {
    restarted.step(theta, gradient, 1.0);
    second.step(expected, gradient, 1.0);
    EXPECT_EQ(theta, expected) << step;
  }
  EXPECT_EQ(restarted.steps(), 3);
}

TEST(Optimizer, TouchesOnlyItsSlicesAndUsesEachGroupsRate) {
  OptimOptions options;
  options.name = SgdOptions{};
  Optimizer<float> optimizer(options, {{"a", 0.1, 0, {{0, 1}}}, {"b", 1.0, 0, {{3, 1}}}});
  std::vector<float> theta = {1, 1, 1, 1};
  const std::vector<float> gradient = {1, 1, 1, 1};
  optimizer.step(theta, gradient, 0.5);
  EXPECT_FLOAT_EQ(theta[0], 0.95f);
  EXPECT_EQ(theta[1], 1.0f);
  EXPECT_EQ(theta[2], 1.0f);
  EXPECT_FLOAT_EQ(theta[3], 0.5f);
}

TEST(Optimizer, ResumesToTheSameBits) {
  OptimOptions options;
  options.name = AdamWOptions{};
  const std::vector<ParameterGroup> groups = {{"all", 1e-2, 0.1, {{0, 1000}}}};
  const auto gradient = [](int step) {
    std::vector<float> values(1000);
    for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i) + static_cast<float>(step));
    return values;
  };
  std::vector<float> whole(1000, 0.5f);
  Optimizer<float> straight(options, groups);
  for (int step = 0; step < 6; ++step) straight.step(whole, gradient(step), 1.0);

  std::vector<float> parts(1000, 0.5f);
  Optimizer<float> before(options, groups);
  for (int step = 0; step < 3; ++step) before.step(parts, gradient(step), 1.0);
  Optimizer<float> after(options, groups);
  after.restore(before.state());
  for (int step = 3; step < 6; ++step) after.step(parts, gradient(step), 1.0);
  EXPECT_EQ(whole, parts);
}

TEST(Optimizer, RefusesStateOfAnotherShape) {
  OptimOptions options;
  Optimizer<float> optimizer(options, {{"all", 1e-2, 0, {{0, 4}}}});
  try {
    optimizer.restore({.steps = 1, .first = {1, 2}, .second = {1, 2}});
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kArtefact);
  }
}

TEST(Optimizer, RefusesOverlappingSlicesAndAPullOutsideOfThem) {
  using Groups = std::vector<ParameterGroup>;
  const std::vector<float> centre(2);
  test::message_of(Code::kBug, [] { Optimizer<float>({}, Groups{{"a", 1, 0, {{0, 4}}}, {"b", 1, 0, {{3, 2}}}}); });
  const auto pulled_at = [&](const Slice& slice) {
    Optimizer<float>({}, Groups{{"all", 1, 0, {{0, 4}, {4, 2}}}}, {.rate = 1, .slices = {slice}, .centre = centre});
  };
  EXPECT_NO_THROW(pulled_at({4, 2}));
  test::message_of(Code::kBug, [&] { pulled_at({6, 2}); });  // no slice
  test::message_of(Code::kBug, [&] { pulled_at({0, 4}); });  // longer than the centre
}

TEST(Optimizer, NesterovWithoutMomentumIsRefused) {
  OptimOptions options;
  const std::string message = test::message_of(Code::kConfig, [&] {
    read_options(Json{{"name", "sgd"}, {"nesterov", true}}, "run.yaml", options);
  });
  EXPECT_NE(message.find("momentum"), std::string::npos) << message;
}

std::vector<double> normals(size_t count, uint64_t stream) {
  const CounterRandom random(5, stream);
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = random.normal(i);
  return values;
}

std::vector<OptimOptions> every_optimizer() {
  std::vector<OptimOptions> all(7);
  all[0].name = GdOptions{};
  all[1].name = SgdOptions{.momentum = 0.9};
  all[2].name = SgdOptions{.momentum = 0.9, .nesterov = true};
  all[3].name = AdamOptions{};
  all[4].name = AdamWOptions{};
  all[5].name = NAdamOptions{};
  all[6].name = LionOptions{};
  return all;
}

TEST(Optimizer, InPartsFromSeveralThreadsItGivesTheSameBitsAsAtTheEnd) {
  constexpr int64_t kSize = 70'000;
  const std::vector<ParameterGroup> groups = {{"a", 1e-2, 0.1, {{0, 30'000}, {30'000, 7}}},
                                              {"b", 1e-3, 0.0, {{40'000, 30'000}}}};
  for (const OptimOptions& options : every_optimizer()) {
    Optimizer<double> whole(options, groups), parts(options, groups);
    std::vector<double> theta = normals(kSize, 1), same = theta;
    for (uint64_t step = 0; step < 4; ++step) {
      const std::vector<double> gradient = normals(kSize, 10 + step);
      const GradientMeasure expected = whole.measure(theta, gradient);
      whole.step(theta, gradient, 0.5, 0.25);
      parts.begin_step(0.5, 0.25);
      parallel_each(3, [&](int64_t part) { parts.update(same, gradient, {part * 10'000, 10'000}); });
      parts.update(same, gradient, {30'000, 7});
      EXPECT_NEAR(parts.finish_step(same, gradient).norm, expected.norm, 1e-12 * expected.norm);
      EXPECT_EQ(theta, same);
    }
  }
}

TEST(Optimizer, TellsOfEveryElementThatAStepWroteOnceAndInWholeUnits) {
  constexpr int64_t kSize = 90'000, kUnit = 20'000;
  const std::vector<ParameterGroup> groups = {{"a", 1e-2, 0.1, {{0, 60'000, false, kUnit}, {60'000, 7}}},
                                              {"b", 1e-3, 0.0, {{70'000, 20'000}}}};
  std::mutex mutex;
  std::vector<int> told(kSize);
  const auto written = [&](const Slice& stretch) {
    const std::lock_guard lock(mutex);
    if (stretch.offset < 60'000) {
      EXPECT_EQ(stretch.offset % kUnit, 0);
      EXPECT_EQ(stretch.size % kUnit, 0);
    }
    for (int64_t i = 0; i < stretch.size; ++i) ++told[static_cast<size_t>(stretch.offset + i)];
  };
  std::vector<double> theta = normals(kSize, 1);
  const std::vector<double> gradient = normals(kSize, 2);
  Optimizer<double> optimizer({}, groups, {}, written);
  optimizer.step(theta, gradient, 1.0);
  std::vector<int> expected(kSize);
  for (int64_t i = 0; i < kSize; ++i) expected[static_cast<size_t>(i)] = i < 60'007 || i >= 70'000 ? 1 : 0;
  EXPECT_EQ(told, expected);
  optimizer.begin_step(1.0);
  optimizer.update(theta, gradient, {kUnit, kUnit});
  EXPECT_EQ(told[kUnit], 2);
  EXPECT_EQ(told[0], 1);
  test::message_of(Code::kBug, [&] { optimizer.finish_step(theta, gradient); });  // the rest of the slice is missing
}

/// Steps of every rule with a pull beside steps whose gradients hold it already.
void expect_pulled(bool each) {
  std::vector<OptimOptions> all = every_optimizer();
  all.emplace_back().name = AdafactorOptions{};  // not element by element, so that no other test here takes it
  for (const OptimOptions& options : all) {
    SCOPED_TRACE(kOptimizerNames[options.name.index()]);
    const std::vector<ParameterGroup> groups = {
        {"all", 1e-2, 0.1, {{0, 300}, {.offset = 400, .size = 200, .rows = 10, .columns = 20}}}};
    const std::vector<double> centre = normals(200, 2);
    std::vector<double> rates(200, 1.0);
    if (each) {
      for (size_t i = 0; i < rates.size(); ++i) rates[i] = 0.1 * static_cast<double>(i % 7);
    }
    Optimizer<double> pulled(options, groups,
                             {.rate = 0.3,
                              .slices = {{400, 200}},
                              .centre = centre,
                              .rates = each ? std::span<const double>(rates) : std::span<const double>()});
    Optimizer<double> plain(options, groups);
    std::vector<double> theta = normals(600, 1), by_hand = theta;
    for (uint64_t step = 0; step < 4; ++step) {
      const std::vector<double> gradient = normals(600, 10 + step);
      std::vector<double> joined = gradient;
      double distance = 0;
      for (size_t i = 0; i < 200; ++i) {
        const double d = by_hand[400 + i] - centre[i];
        joined[400 + i] += 0.3 * rates[i] * d;
        distance += rates[i] * d * d;
      }
      const GradientMeasure measure = pulled.measure(theta, gradient);
      EXPECT_NEAR(measure.norm, plain.measure(by_hand, joined).norm, 1e-12);
      EXPECT_NEAR(measure.pull_distance, distance, 1e-9);
      pulled.step(theta, gradient, 1.0, 0.5);
      plain.step(by_hand, joined, 1.0, 0.5);
      for (size_t i = 0; i < theta.size(); ++i) EXPECT_NEAR(theta[i], by_hand[i], 1e-12);
    }
  }
}

TEST(Optimizer, APullIsTheGradientOfHalfTheSquaredDistance) { expect_pulled(false); }

TEST(Optimizer, APullMayHaveARateForEachElement) { expect_pulled(true); }

TEST(Optimizer, APullIsTheFiniteDifferenceOfItsValue) {
  OptimOptions options;
  options.name = SgdOptions{};
  const std::vector<double> centre = normals(60, 2), none(60, 0.0);
  std::vector<double> rates;
  for (const double value : normals(60, 3)) rates.push_back(value * value);
  for (const bool each : {false, true}) {
    const Pull<double> pull{.rate = 0.7,
                            .slices = {{0, 60}},
                            .centre = centre,
                            .rates = each ? std::span<const double>(rates) : std::span<const double>()};
    Optimizer<double> optimizer(options, {{"all", 1.0, 0.0, {{0, 60}}}}, pull);
    std::vector<double> theta = normals(60, 1);
    std::vector<double> moved = theta;
    optimizer.step(moved, none, 1.0);
    const auto value = [&] { return 0.5 * pull.rate * optimizer.measure(theta, none).pull_distance; };
    for (size_t i = 0; i < theta.size(); ++i) {
      constexpr double kBy = 1e-5;
      const double at = theta[i];
      theta[i] = at + kBy;
      const double above = value();
      theta[i] = at - kBy;
      const double below = value();
      theta[i] = at;
      EXPECT_NEAR(at - moved[i], (above - below) / (2 * kBy), 1e-8) << i;
    }
  }
}

TEST(Optimizer, IdleRowsAreLeftAloneToTheBit) {
  // 50 rows of 512; a step's gradient reaches two of them.
  constexpr int64_t kRows = 50, kWidth = 512;
  for (const double decay : {0.0, 0.1}) {
    for (const OptimOptions& options : every_optimizer()) {
      const auto groups = [&](bool may_idle) {
        return std::vector<ParameterGroup>{{"table", 1e-2, decay, {{0, kRows * kWidth, may_idle}}}};
      };
      Optimizer<float> leaving(options, groups(true)), dense(options, groups(false));
      std::vector<float> theta(kRows * kWidth, 0.7f), same = theta;
      for (int64_t step = 0; step < 6; ++step) {
        std::vector<float> gradient(kRows * kWidth);
        for (const int64_t row : {step * 7 % kRows, (step * 3 + 1) % kRows}) {
          for (int64_t c = 0; c < kWidth; ++c)
            gradient[static_cast<size_t>(row * kWidth + c)] = 0.01f * static_cast<float>(c - step);
        }
        if (step == 3) {  // resumed
          leaving.restore(leaving.state());
        }
        leaving.step(theta, gradient, 1.0, 0.5);
        dense.step(same, gradient, 1.0, 0.5);
        ASSERT_EQ(theta, same);
      }
    }
  }
}

TEST(GradientMeasure, SameBitsWithOneAndTwoThreadsAndClipsLikeTorch) {
  std::vector<float> gradient(100'000);
  for (size_t i = 0; i < gradient.size(); ++i) gradient[i] = std::cos(static_cast<float>(i)) * 1e-3f;
  const Optimizer<float> optimizer({}, {{"all", 1, 0, {{0, 60'000}, {70'000, 30'000}}}});
  const std::vector<float> theta(gradient.size());
  set_threads(1);
  const double one = optimizer.measure(theta, gradient).norm;
  set_threads(2);
  const double two = optimizer.measure(theta, gradient).norm;
  EXPECT_EQ(one, two);
  double expected = 0;
  for (size_t i = 0; i < gradient.size(); ++i) {
    if (i < 60'000 || i >= 70'000) expected += static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
  }
  EXPECT_NEAR(one, std::sqrt(expected), 1e-12);
  EXPECT_DOUBLE_EQ(clip_factor(4.0, 1.0), 1.0 / (4.0 + 1e-6));
  EXPECT_EQ(clip_factor(0.5, 1.0), 1.0);
  EXPECT_EQ(clip_factor(9.0, 0.0), 1.0);
}

}  // namespace
}  // namespace rift::optim
