// Source: arXiv:2302.06675, algorithm 2.
#include "rift/optim/rule.h"

namespace rift::optim {
namespace {

template <class T>
class LionRule final : public Rule<T> {
 public:
  explicit LionRule(const LionOptions& options) : options_(options) {}
  typename Rule<T>::Kept kept(const Slice& slice) const override { return {.first = slice.size}; }
  void begin_step(int64_t) override {}
  void update(nn::kernels::Update<T> stretch, const Slice&) const override {
    const nn::kernels::LionStep<T> step{.beta1 = static_cast<T>(options_.beta1),
                                        .one_minus_beta1 = static_cast<T>(1.0 - options_.beta1),
                                        .beta2 = static_cast<T>(options_.beta2),
                                        .one_minus_beta2 = static_cast<T>(1.0 - options_.beta2),
                                        .shrink = T(1) - stretch.lr * stretch.decay};
    stretch.decay = 0;
    nn::kernels::updates<T>().lion(stretch, step);
  }
  double least_step(double) const override { return 1.0; }
  std::optional<T> idle_factor(T lr, T decay) const override { return T(1) - lr * decay; }

 private:
  LionOptions options_;
};

}  // namespace

template <class T>
std::unique_ptr<Rule<T>> make_rule(const LionOptions& options) {
  return std::make_unique<LionRule<T>>(options);
}

template std::unique_ptr<Rule<float>> make_rule(const LionOptions&);
template std::unique_ptr<Rule<double>> make_rule(const LionOptions&);

}  // namespace rift::optim
