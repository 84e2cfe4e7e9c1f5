// Adam, AdamW and NAdam, as torch.optim's. Source: arXiv:1412.6980, arXiv:1711.05101.
#include <cmath>

#include "rift/optim/rule.h"

namespace rift::optim {
namespace {

template <class T>
class AdamRule : public Rule<T> {
 public:
  AdamRule(const AdamOptions& options, bool decay_stands_apart)
      : options_(options), decay_stands_apart_(decay_stands_apart) {}

  typename Rule<T>::Kept kept(const Slice& slice) const override { return {slice.size, slice.size}; }

  void begin_step(int64_t step) override {
    const auto steps = static_cast<double>(step);
    correction1_ = 1.0 - std::pow(options_.beta1, steps);
    root2_ = static_cast<T>(std::sqrt(1.0 - std::pow(options_.beta2, steps)));
  }

  void update(nn::kernels::Update<T> stretch, const Slice&) const override {
    nn::kernels::updates<T>().adam(stretch, split_decay(stretch, static_cast<double>(stretch.lr) / correction1_));
  }

  /// The ratio of both moments is near one whatever the gradient, but for epsilon.
  double least_step(double gradient) const override { return gradient / (gradient + options_.epsilon); }

  std::optional<T> idle_factor(T lr, T decay) const override {
    if (decay_stands_apart_) return T(1) - lr * decay;
    return Rule<T>::idle_factor(lr, decay);
  }

 protected:
  /// The step's constants; a decay that stands apart goes from the stretch into them.
  nn::kernels::AdamStep<T> split_decay(nn::kernels::Update<T>& stretch, double step_size) const {
    nn::kernels::AdamStep<T> step{.one_minus_beta1 = static_cast<T>(1.0 - options_.beta1),
                                  .beta2 = static_cast<T>(options_.beta2),
                                  .one_minus_beta2 = static_cast<T>(1.0 - options_.beta2),
                                  .epsilon = static_cast<T>(options_.epsilon),
                                  .step_size = static_cast<T>(step_size),
                                  .root2 = root2_};
    if (decay_stands_apart_) {
      step.shrink = T(1) - stretch.lr * stretch.decay;
      stretch.decay = 0;
    }
    return step;
  }

 private:
  AdamOptions options_;
  bool decay_stands_apart_;
  double correction1_ = 1;
  T root2_ = 1;
};

template <class T>
class NAdamRule final : public AdamRule<T> {
 public:
  explicit NAdamRule(const NAdamOptions& options) : AdamRule<T>(options, options.decoupled_decay), options_(options) {}

  /// The product of all look-aheads so far follows from the step's number, so that nothing has to be saved.
  void begin_step(int64_t step) override {
    AdamRule<T>::begin_step(step);
    if (step != steps_ + 1) {
      product_ = 1;
      for (int64_t earlier = 1; earlier < step; ++earlier) product_ *= look_ahead(earlier);
    }
    steps_ = step;
    mu_ = look_ahead(step);
    product_ *= mu_;
  }

  void update(nn::kernels::Update<T> stretch, const Slice&) const override {
    const auto lr = static_cast<double>(stretch.lr);
    const double next = look_ahead(steps_ + 1);
    nn::kernels::AdamStep<T> step = this->split_decay(stretch, lr * next / (1.0 - product_ * next));
    step.direct = static_cast<T>(lr * (1.0 - mu_) / (1.0 - product_));
    nn::kernels::updates<T>().nadam(stretch, step);
  }

 private:
  double look_ahead(int64_t step) const {
    return options_.beta1 * (1.0 - 0.5 * std::pow(0.96, static_cast<double>(step) * options_.momentum_decay));
  }

  NAdamOptions options_;
  int64_t steps_ = 0;
  double mu_ = 0;
  double product_ = 1;
};

}  // namespace

template <class T>
std::unique_ptr<Rule<T>> make_rule(const AdamOptions& options) {
  return std::make_unique<AdamRule<T>>(options, false);
}

template <class T>
std::unique_ptr<Rule<T>> make_rule(const AdamWOptions& options) {
  return std::make_unique<AdamRule<T>>(options, true);
}

template <class T>
std::unique_ptr<Rule<T>> make_rule(const NAdamOptions& options) {
  return std::make_unique<NAdamRule<T>>(options);
}

template std::unique_ptr<Rule<float>> make_rule(const AdamOptions&);
template std::unique_ptr<Rule<double>> make_rule(const AdamOptions&);
template std::unique_ptr<Rule<float>> make_rule(const AdamWOptions&);
template std::unique_ptr<Rule<double>> make_rule(const AdamWOptions&);
template std::unique_ptr<Rule<float>> make_rule(const NAdamOptions&);
template std::unique_ptr<Rule<double>> make_rule(const NAdamOptions&);

}  // namespace rift::optim
