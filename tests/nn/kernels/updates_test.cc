#include "rift/nn/kernels/updates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "rift/base/random.h"
#include "rift/nn/kernels/instruction_set.h"

// Optimizers' loops beside plain f64 ones, on every instruction set of this machine.
namespace rift::nn::kernels {
namespace {

constexpr int64_t kSizes[] = {1, 2, 15, 16, 17, 63, 64, 65, 1000};

template <class T>
class UpdateKernel : public testing::Test {
 protected:
  ~UpdateKernel() override { force_instruction_set(before_); }
  template <class Body>
  void on_every_set_and_size(Body body) {
    for (const InstructionSet set : usable_instruction_sets()) {
      SCOPED_TRACE(std::string(name_of(set)));
      force_instruction_set(set);
      for (const int64_t size : kSizes) body(updates<T>(), size);
    }
  }

 private:
  InstructionSet before_ = instruction_set();
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(UpdateKernel, Numbers);

/// A stretch that begins off every alignment, with a guard behind it.
template <class T>
struct Values {
  std::vector<T> storage;
  Values(int64_t size, uint64_t stream) {
    const CounterRandom random(8, stream);
    for (int64_t i = 0; i < size + 2; ++i) storage.push_back(static_cast<T>(random.normal(static_cast<uint64_t>(i))));
  }
  T* data() { return storage.data() + 1; }
  double operator[](int64_t i) const { return static_cast<double>(storage[static_cast<size_t>(i) + 1]); }
};

enum class Pull { kNone, kAlike, kEach };

template <class T>
struct Problem {
  Values<T> theta, gradient, first, second, centre, rates;
  std::vector<T> guard;
  explicit Problem(int64_t size)
      : theta(size, 1), gradient(size, 2), first(size, 3), second(size, 4), centre(size, 5), rates(size, 6) {
    for (T& v : second.storage) v = v * v;
    for (T& v : rates.storage) v = v * v;
  }
  /// What the pull adds to an element's gradient.
  double pull_of(int64_t i, Pull pull) const {
    return static_cast<double>(T(0.3)) * rate_of(i, pull) * (theta[i] - centre[i]);
  }
  double rate_of(int64_t i, Pull pull) const {
    return pull == Pull::kNone ? 0.0 : pull == Pull::kAlike ? 1.0 : rates[i];
  }
  Update<T> update(int64_t size, Pull pull) {
    return {.pulled = {.gradient = gradient.data(),
                       .centre = pull != Pull::kNone ? centre.data() : nullptr,
                       .rates = pull == Pull::kEach ? rates.data() : nullptr,
                       .pull = T(0.3),
                       .size = size},
            .theta = theta.data(),
            .first = first.data(),
            .second = second.data(),
            .factor = T(0.5),
            .lr = T(0.1),
            .decay = T(0.2)};
  }
};

template <class T>
double tolerance() {
  return std::numeric_limits<T>::epsilon() * 16;
}

TYPED_TEST(UpdateKernel, StepsAreTheirFormulas) {
  using T = TypeParam;
  this->on_every_set_and_size([&](const Updates<T>& kernels, int64_t size) {
    for (const Pull pulled : {Pull::kNone, Pull::kAlike, Pull::kEach}) {
      const Problem<T> start(size);
      const auto counted = [&](int64_t i) { return 0.5 * (start.gradient[i] + start.pull_of(i, pulled)); };
      const double lr = static_cast<double>(T(0.1)), decay = static_cast<double>(T(0.2));
      Problem<T> asked = start;
      Values<T> into(size, 9);
      const double behind = into[size];
      kernels.counted(asked.update(size, pulled), into.data());
      for (int64_t i = 0; i < size; ++i) ASSERT_NEAR(into[i], counted(i), tolerance<T>());
      EXPECT_EQ(into[size], behind);
      Problem<T> plain = start;
      kernels.plain(plain.update(size, pulled));
      for (int64_t i = 0; i < size; ++i) {
        const double g = counted(i) + decay * start.theta[i];
        ASSERT_NEAR(plain.theta[i], start.theta[i] - lr * g, tolerance<T>());
      }
      EXPECT_EQ(plain.theta[size], start.theta[size]);

      for (const Momentum<T>& m : {Momentum<T>{T(0.5), false, false}, {T(0.5), true, false}, {T(0.5), true, true}}) {
        Problem<T> moved = start;
        kernels.momentum(moved.update(size, pulled), m);
        for (int64_t i = 0; i < size; ++i) {
          const double g = counted(i) + decay * start.theta[i];
          const double first = (m.first_step ? 0.0 : 0.5 * start.first[i]) + g;
          ASSERT_NEAR(moved.first[i], first, tolerance<T>());
          ASSERT_NEAR(moved.theta[i], start.theta[i] - lr * (m.nesterov ? g + 0.5 * first : first), tolerance<T>());
        }
        EXPECT_EQ(moved.theta[size], start.theta[size]);
        EXPECT_EQ(moved.first[size], start.first[size]);
      }

      for (const double direct : {0.0, 0.25}) {  // Adam's, NAdam's
        Problem<T> adam = start;
        const AdamStep<T> step{.one_minus_beta1 = T(0.25),
                               .beta2 = T(0.75),
                               .one_minus_beta2 = T(0.25),
                               .epsilon = T(0.125),
                               .step_size = T(0.5),
                               .direct = static_cast<T>(direct),
                               .root2 = T(2),
                               .shrink = T(0.5)};
        direct == 0 ? kernels.adam(adam.update(size, pulled), step) : kernels.nadam(adam.update(size, pulled), step);
        for (int64_t i = 0; i < size; ++i) {
          const double shrunk = 0.5 * start.theta[i];
          const double g = counted(i) + decay * shrunk;
          const double first = start.first[i] + 0.25 * (g - start.first[i]);
          const double second = 0.75 * start.second[i] + 0.25 * g * g;
          const double along = 0.5 * first + direct * g;
          ASSERT_NEAR(adam.first[i], first, tolerance<T>());
          ASSERT_NEAR(adam.second[i], second, tolerance<T>() * (1 + second));
          ASSERT_NEAR(adam.theta[i], shrunk - along / (std::sqrt(second) / 2 + 0.125), 4 * tolerance<T>());
        }
        EXPECT_EQ(adam.theta[size], start.theta[size]);
        EXPECT_EQ(adam.second[size], start.second[size]);
      }

      Problem<T> lion = start;
      kernels.lion(
          lion.update(size, pulled),
          {.beta1 = T(0.75), .one_minus_beta1 = T(0.25), .beta2 = T(0.5), .one_minus_beta2 = T(0.5), .shrink = T(0.5)});
      for (int64_t i = 0; i < size; ++i) {
        const double shrunk = 0.5 * start.theta[i];
        const double g = counted(i) + decay * shrunk;
        const double along = 0.75 * start.first[i] + 0.25 * g;
        ASSERT_NEAR(lion.first[i], 0.5 * start.first[i] + 0.5 * g, tolerance<T>());
        ASSERT_NEAR(lion.theta[i], shrunk - (along > 0 ? lr : -lr), tolerance<T>());
      }
      EXPECT_EQ(lion.theta[size], start.theta[size]);
      EXPECT_EQ(lion.first[size], start.first[size]);
    }
  });
}

TYPED_TEST(UpdateKernel, MeasureSumsSquaresInF64) {
  using T = TypeParam;
  this->on_every_set_and_size([&](const Updates<T>& kernels, int64_t size) {
    for (const Pull pulled : {Pull::kNone, Pull::kAlike, Pull::kEach}) {
      Problem<T> problem(size);
      const Measured measured = kernels.measure(problem.update(size, pulled).pulled, problem.theta.data());
      double gradient = 0, distance = 0;
      for (int64_t i = 0; i < size; ++i) {
        const double d = problem.theta[i] - problem.centre[i];
        const double g = problem.gradient[i] + problem.pull_of(i, pulled);
        gradient += g * g;
        distance += problem.rate_of(i, pulled) * d * d;
      }
      EXPECT_NEAR(measured.gradient, gradient, tolerance<T>() * (1 + gradient));
      EXPECT_NEAR(measured.distance, distance, tolerance<T>() * (1 + distance));
    }
  });
}

TYPED_TEST(UpdateKernel, ZeroIsToldFromTheSmallestNumberAndFromNaNWhereverItStands) {
  using T = TypeParam;
  this->on_every_set_and_size([&](const Updates<T>& kernels, int64_t size) {
    std::vector<T> values(static_cast<size_t>(size));
    values[0] = -T(0);
    EXPECT_TRUE(kernels.is_zero(values.data(), size));
    for (const T other : {std::numeric_limits<T>::min(), std::numeric_limits<T>::quiet_NaN()}) {
      for (int64_t at = 0; at < size; ++at) {
        values[static_cast<size_t>(at)] = other;
        EXPECT_FALSE(kernels.is_zero(values.data(), size)) << at;
        values[static_cast<size_t>(at)] = 0;
      }
    }
  });
}

TYPED_TEST(UpdateKernel, ShrinkMultipliesItsStretchAlone) {
  using T = TypeParam;
  this->on_every_set_and_size([&](const Updates<T>& kernels, int64_t size) {
    const Values<T> start(size, 1);
    Values<T> values = start;
    kernels.shrink(values.data(), size, T(0.5));
    for (int64_t i = 0; i < size; ++i) EXPECT_EQ(values[i], 0.5 * start[i]);
    EXPECT_EQ(values[size], start[size]);
  });
}

}  // namespace
}  // namespace rift::nn::kernels
