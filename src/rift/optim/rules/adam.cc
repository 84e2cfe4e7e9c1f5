// Adam and AdamW, as torch.optim's. Source: arXiv:1412.6980, arXiv:1711.05101.
#include <cmath>

#include "rift/optim/rule.h"

namespace rift::optim {
namespace {

template <class T>
class AdamRule final : public Rule<T> {
 public:
  AdamRule(const AdamOptions& options, bool decay_stands_apart)
      : options_(options), decay_stands_apart_(decay_stands_apart) {}

  int64_t moments() const override { return 2; }

  void begin_step(int64_t step) override {
    const auto steps = static_cast<double>(step);
    correction1_ = 1.0 - std::pow(options_.beta1, steps);
    root2_ = static_cast<T>(std::sqrt(1.0 - std::pow(options_.beta2, steps)));
  }

  void update(nn::kernels::Update<T> stretch) const override {
    const nn::kernels::AdamStep<T> step{.one_minus_beta1 = static_cast<T>(1.0 - options_.beta1),
                                        .beta2 = static_cast<T>(options_.beta2),
                                        .one_minus_beta2 = static_cast<T>(1.0 - options_.beta2),
                                        .epsilon = static_cast<T>(options_.epsilon),
                                        .step_size = static_cast<T>(static_cast<double>(stretch.lr) / correction1_),
                                        .root2 = root2_,
                                        .shrink = decay_stands_apart_ ? T(1) - stretch.lr * stretch.decay : T(1)};
    if (decay_stands_apart_) stretch.decay = 0;
    nn::kernels::updates<T>().adam(stretch, step);
  }

  std::optional<T> idle_factor(T lr, T decay) const override {
    if (decay_stands_apart_) return T(1) - lr * decay;
    return Rule<T>::idle_factor(lr, decay);
  }

 private:
  AdamOptions options_;
  bool decay_stands_apart_;
  double correction1_ = 1;
  T root2_ = 1;
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

template std::unique_ptr<Rule<float>> make_rule(const AdamOptions&);
template std::unique_ptr<Rule<double>> make_rule(const AdamOptions&);
template std::unique_ptr<Rule<float>> make_rule(const AdamWOptions&);
template std::unique_ptr<Rule<double>> make_rule(const AdamWOptions&);

}  // namespace rift::optim
