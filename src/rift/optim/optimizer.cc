#include "rift/optim/optimizer.h"

#include <cmath>
#include <type_traits>

#include "rift/base/error.h"
#include "rift/base/threads.h"

namespace rift::optim {
namespace {

constexpr int64_t kGrain = 1 << 14;

// One slice of one step: pointers to its elements and the constants of its group.
template <class T>
struct Update {
  T* theta;
  const T* gradient;
  T* first;
  T* second;
  int64_t size;
  T lr;
  T decay;
  T factor;
};

template <class T>
void plain_step(const Update<T>& u) {
  parallel_for(u.size, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) u.theta[i] -= u.lr * (u.factor * u.gradient[i] + u.decay * u.theta[i]);
  });
}

template <class T>
void momentum_step(const Update<T>& u, const SgdOptions& options, bool first_step) {
  const T momentum = static_cast<T>(options.momentum);
  parallel_for(u.size, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T gradient = u.factor * u.gradient[i] + u.decay * u.theta[i];
      u.first[i] = first_step ? gradient : momentum * u.first[i] + gradient;
      u.theta[i] -= u.lr * (options.nesterov ? gradient + momentum * u.first[i] : u.first[i]);
    }
  });
}

// decoupled: AdamW's decay shrinks theta before the step; Adam's joins the gradient.
template <class T>
void adam_step(const Update<T>& u, const AdamOptions& options, bool decoupled, int64_t step) {
  const double correction1 = 1.0 - std::pow(options.beta1, static_cast<double>(step));
  const double correction2 = 1.0 - std::pow(options.beta2, static_cast<double>(step));
  const T step_size = static_cast<T>(static_cast<double>(u.lr) / correction1);
  const T root2 = static_cast<T>(std::sqrt(correction2));
  const T one_minus1 = static_cast<T>(1.0 - options.beta1);
  const T beta2 = static_cast<T>(options.beta2);
  const T one_minus2 = static_cast<T>(1.0 - options.beta2);
  const T epsilon = static_cast<T>(options.epsilon);
  const T shrink = decoupled ? T(1) - u.lr * u.decay : T(1);
  const T joined = decoupled ? T(0) : u.decay;
  parallel_for(u.size, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T theta = u.theta[i] * shrink;
      const T gradient = u.factor * u.gradient[i] + joined * theta;
      u.first[i] += one_minus1 * (gradient - u.first[i]);
      u.second[i] = beta2 * u.second[i] + one_minus2 * gradient * gradient;
      u.theta[i] = theta - step_size * u.first[i] / (std::sqrt(u.second[i]) / root2 + epsilon);
    }
  });
}

template <class T>
void update_slice(const OptimOptions& options, const Update<T>& update, int64_t step) {
  std::visit(
      [&](const auto& kind) {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, GdOptions>)
          plain_step(update);
        else if constexpr (std::is_same_v<Kind, SgdOptions>)
          kind.momentum > 0 ? momentum_step(update, kind, step == 1) : plain_step(update);
        else
          adam_step(update, kind, std::is_same_v<Kind, AdamWOptions>, step);
      },
      options.name);
}

}  // namespace

template <class T>
Optimizer<T>::Optimizer(const OptimOptions& options, std::vector<ParameterGroup> groups)
    : options_(options), groups_(std::move(groups)) {
  for (const ParameterGroup& group : groups_) {
    for (const Slice& slice : group.slices) elements_ += slice.size;
  }
  const auto* sgd = std::get_if<SgdOptions>(&options_.name);
  const bool adam =
      std::holds_alternative<AdamOptions>(options_.name) || std::holds_alternative<AdamWOptions>(options_.name);
  if (adam || (sgd != nullptr && sgd->momentum > 0)) state_.first.resize(static_cast<size_t>(elements_));
  if (adam) state_.second.resize(static_cast<size_t>(elements_));
}

template <class T>
void Optimizer<T>::step(std::span<T> theta, std::span<const T> gradient, double lr_factor, double gradient_factor) {
  RIFT_CHECK(theta.size() == gradient.size());
  ++state_.steps;
  int64_t done = 0;
  for (const ParameterGroup& group : groups_) {
    for (const Slice& slice : group.slices) {
      RIFT_CHECK(slice.offset >= 0 && slice.offset + slice.size <= static_cast<int64_t>(theta.size()));
      const Update<T> update{.theta = theta.data() + slice.offset,
                             .gradient = gradient.data() + slice.offset,
                             .first = state_.first.empty() ? nullptr : state_.first.data() + done,
                             .second = state_.second.empty() ? nullptr : state_.second.data() + done,
                             .size = slice.size,
                             .lr = static_cast<T>(group.lr * lr_factor),
                             .decay = static_cast<T>(group.weight_decay),
                             .factor = static_cast<T>(gradient_factor)};
      update_slice(options_, update, state_.steps);
      done += slice.size;
    }
  }
}

template <class T>
void Optimizer<T>::restore(State state) {
  RIFT_REQUIRE(state.first.size() == state_.first.size() && state.second.size() == state_.second.size(),
               Code::kArtefact,
               "optimizer state: expected {} and {} moments, got {} and {}; was the checkpoint written with other "
               "tuning or optim settings?",
               state_.first.size(), state_.second.size(), state.first.size(), state.second.size());
  state_ = std::move(state);
}

template class Optimizer<float>;
template class Optimizer<double>;

}  // namespace rift::optim
