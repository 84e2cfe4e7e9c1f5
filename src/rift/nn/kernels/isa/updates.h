// Optimizers' loops, plain enough for the compiler to vectorise. Included once by each of baseline.cc, avx2.cc, ...
#pragma once

#include <cstdint>
#include <type_traits>

#include "rift/nn/kernels/updates.h"

namespace rift::nn::kernels {
namespace {

template <class T>
[[gnu::always_inline]] inline T root(T x) {
  if constexpr (std::is_same_v<T, float>) {
    return __builtin_sqrtf(x);
  } else {
    return __builtin_sqrt(x);
  }
}

// Constants are copied out of the structs first: the compiler may not take for granted that theta does not overlap
// them.

/// Towards nothing, by one rate, by a rate for each element.
enum class Pulls { kNone, kAlike, kEach };

/// The gradient that counts, before `factor`.
template <class T, Pulls kPulls>
[[gnu::always_inline]] inline T pulled_gradient(T gradient, T pull, T largest, T theta, const T* centre, const T* rates,
                                                int64_t i) {
  if constexpr (kPulls == Pulls::kAlike) gradient += pull * (theta - centre[i]);
  if constexpr (kPulls == Pulls::kEach) gradient += pull * rates[i] * (theta - centre[i]);
  gradient = gradient > largest ? largest : gradient;
  return gradient < -largest ? -largest : gradient;
}

template <class T, Pulls kPulls>
void plain_of(const Update<T>& u) {
  T* __restrict theta = u.theta;
  const T* __restrict gradient = u.pulled.gradient;
  const T* __restrict centre = u.pulled.centre;
  const T* __restrict rates = u.pulled.rates;
  const T lr = u.lr, factor = u.factor, decay = u.decay, pull = u.pulled.pull, largest = u.pulled.largest;
  const int64_t size = u.pulled.size;
  for (int64_t i = 0; i < size; ++i) {
    const T g =
        factor * pulled_gradient<T, kPulls>(gradient[i], pull, largest, theta[i], centre, rates, i) + decay * theta[i];
    theta[i] -= lr * g;
  }
}

template <class T, Pulls kPulls>
void momentum_of(const Update<T>& u, const Momentum<T>& m) {
  T* __restrict theta = u.theta;
  T* __restrict first = u.first;
  const T* __restrict gradient = u.pulled.gradient;
  const T* __restrict centre = u.pulled.centre;
  const T* __restrict rates = u.pulled.rates;
  const T lr = u.lr, factor = u.factor, decay = u.decay, pull = u.pulled.pull, largest = u.pulled.largest;
  const T keep = m.first_step ? T(0) : m.momentum;
  const T look_ahead = m.nesterov ? m.momentum : T(1);
  const T direct = m.nesterov ? T(1) : T(0);
  const int64_t size = u.pulled.size;
  for (int64_t i = 0; i < size; ++i) {
    const T g =
        factor * pulled_gradient<T, kPulls>(gradient[i], pull, largest, theta[i], centre, rates, i) + decay * theta[i];
    first[i] = keep * first[i] + g;
    theta[i] -= lr * (direct * g + look_ahead * first[i]);
  }
}

template <class T, Pulls kPulls, bool kDirect>
void adam_of(const Update<T>& u, const AdamStep<T>& a) {
  T* __restrict theta = u.theta;
  T* __restrict first = u.first;
  T* __restrict second = u.second;
  const T* __restrict gradient = u.pulled.gradient;
  const T* __restrict centre = u.pulled.centre;
  const T* __restrict rates = u.pulled.rates;
  const T factor = u.factor, decay = u.decay, pull = u.pulled.pull, largest = u.pulled.largest;
  const AdamStep<T> step = a;
  const int64_t size = u.pulled.size;
  for (int64_t i = 0; i < size; ++i) {
    const T shrunk = theta[i] * step.shrink;
    const T g =
        factor * pulled_gradient<T, kPulls>(gradient[i], pull, largest, theta[i], centre, rates, i) + decay * shrunk;
    const T m = first[i] + step.one_minus_beta1 * (g - first[i]);
    const T v = step.beta2 * second[i] + step.one_minus_beta2 * g * g;
    first[i] = m;
    second[i] = v;
    const T along = kDirect ? step.step_size * m + step.direct * g : step.step_size * m;
    theta[i] = shrunk - along / (root(v) / step.root2 + step.epsilon);
  }
}

template <class T, Pulls kPulls>
void lion_of(const Update<T>& u, const LionStep<T>& l) {
  T* __restrict theta = u.theta;
  T* __restrict first = u.first;
  const T* __restrict gradient = u.pulled.gradient;
  const T* __restrict centre = u.pulled.centre;
  const T* __restrict rates = u.pulled.rates;
  const T lr = u.lr, factor = u.factor, decay = u.decay, pull = u.pulled.pull, largest = u.pulled.largest;
  const LionStep<T> step = l;
  const int64_t size = u.pulled.size;
  for (int64_t i = 0; i < size; ++i) {
    const T shrunk = theta[i] * step.shrink;
    const T g =
        factor * pulled_gradient<T, kPulls>(gradient[i], pull, largest, theta[i], centre, rates, i) + decay * shrunk;
    const T along = step.beta1 * first[i] + step.one_minus_beta1 * g;
    first[i] = step.beta2 * first[i] + step.one_minus_beta2 * g;
    theta[i] = shrunk - lr * static_cast<T>((along > T(0)) - (along < T(0)));
  }
}

template <class T, Pulls kPulls>
void counted_of(const Update<T>& u, T* __restrict into) {
  const T* __restrict theta = u.theta;
  const T* __restrict gradient = u.pulled.gradient;
  const T* __restrict centre = u.pulled.centre;
  const T* __restrict rates = u.pulled.rates;
  const T factor = u.factor, pull = u.pulled.pull, largest = u.pulled.largest;
  const int64_t size = u.pulled.size;
  for (int64_t i = 0; i < size; ++i) {
    into[i] = factor * pulled_gradient<T, kPulls>(gradient[i], pull, largest, theta[i], centre, rates, i);
  }
}

template <class T, Pulls kPulls>
[[gnu::always_inline]] inline double weighed_distance(T theta, const T* centre, const T* rates, int64_t i) {
  const auto distance = static_cast<double>(theta - centre[i]);
  return kPulls == Pulls::kEach ? static_cast<double>(rates[i]) * distance * distance : distance * distance;
}

/// In sixteen sums side by side, so that the order does not hang on how wide the vectors are.
template <class T, Pulls kPulls>
Measured measure_of(const Pulled<T>& p, const T* __restrict theta) {
  constexpr int64_t kSums = 16;
  constexpr bool kIsPulled = kPulls != Pulls::kNone;
  double gradients[kSums] = {}, distances[kSums] = {};
  const T* __restrict gradient = p.gradient;
  const T* __restrict centre = p.centre;
  const T* __restrict rates = p.rates;
  const T pull = p.pull, largest = p.largest;
  const int64_t whole = p.size / kSums * kSums;
  for (int64_t i = 0; i < whole; i += kSums) {
    for (int64_t lane = 0; lane < kSums; ++lane) {
      const int64_t at = i + lane;
      const auto g = static_cast<double>(
          pulled_gradient<T, kPulls>(gradient[at], pull, largest, kIsPulled ? theta[at] : T(0), centre, rates, at));
      gradients[lane] += g * g;
      if constexpr (kIsPulled) distances[lane] += weighed_distance<T, kPulls>(theta[at], centre, rates, at);
    }
  }
  for (int64_t at = whole; at < p.size; ++at) {
    const auto g = static_cast<double>(
        pulled_gradient<T, kPulls>(gradient[at], pull, largest, kIsPulled ? theta[at] : T(0), centre, rates, at));
    gradients[0] += g * g;
    if constexpr (kIsPulled) distances[0] += weighed_distance<T, kPulls>(theta[at], centre, rates, at);
  }
  Measured sums;
  for (int64_t lane = 0; lane < kSums; ++lane) {
    sums.gradient += gradients[lane];
    sums.distance += distances[lane];
  }
  return sums;
}

/// `loop` for the pull that a stretch has.
template <class T, class Loop>
[[gnu::always_inline]] inline auto with_pulls(const Pulled<T>& p, const Loop& loop) {
  if (p.centre == nullptr) return loop.template operator()<Pulls::kNone>();
  if (p.rates == nullptr) return loop.template operator()<Pulls::kAlike>();
  return loop.template operator()<Pulls::kEach>();
}

template <class T>
void plain(const Update<T>& u) {
  with_pulls(u.pulled, [&]<Pulls kPulls>() { plain_of<T, kPulls>(u); });
}
template <class T>
void momentum(const Update<T>& u, const Momentum<T>& m) {
  with_pulls(u.pulled, [&]<Pulls kPulls>() { momentum_of<T, kPulls>(u, m); });
}
template <class T>
void adam(const Update<T>& u, const AdamStep<T>& a) {
  with_pulls(u.pulled, [&]<Pulls kPulls>() { adam_of<T, kPulls, false>(u, a); });
}
template <class T>
void nadam(const Update<T>& u, const AdamStep<T>& a) {
  with_pulls(u.pulled, [&]<Pulls kPulls>() { adam_of<T, kPulls, true>(u, a); });
}
template <class T>
void lion(const Update<T>& u, const LionStep<T>& l) {
  with_pulls(u.pulled, [&]<Pulls kPulls>() { lion_of<T, kPulls>(u, l); });
}
template <class T>
void counted(const Update<T>& u, T* into) {
  with_pulls(u.pulled, [&]<Pulls kPulls>() { counted_of<T, kPulls>(u, into); });
}
template <class T>
Measured measure(const Pulled<T>& p, const T* theta) {
  return with_pulls(p, [&]<Pulls kPulls>() { return measure_of<T, kPulls>(p, theta); });
}

template <class T>
void shrink(T* theta, int64_t size, T by) {
  for (int64_t i = 0; i < size; ++i) theta[i] *= by;
}

/// -0 counts as zero, NaN does not.
template <class T>
bool is_zero(const T* values, int64_t size) {
  constexpr int64_t kAtATime = 64;
  int64_t i = 0;
  for (; i + kAtATime <= size; i += kAtATime) {
    int any = 0;
    for (int64_t j = 0; j < kAtATime; ++j) any |= values[i + j] != T(0);
    if (any != 0) return false;
  }
  for (; i < size; ++i) {
    if (values[i] != T(0)) return false;
  }
  return true;
}

template <class T>
constexpr Updates<T> kUpdates{.plain = plain<T>,
                              .momentum = momentum<T>,
                              .adam = adam<T>,
                              .nadam = nadam<T>,
                              .lion = lion<T>,
                              .counted = counted<T>,
                              .measure = measure<T>,
                              .shrink = shrink<T>,
                              .is_zero = is_zero<T>};

}  // namespace
}  // namespace rift::nn::kernels
