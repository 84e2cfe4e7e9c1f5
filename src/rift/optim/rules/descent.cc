// Gradient descent and SGD with momentum, as torch.optim.SGD.
#include "rift/optim/rule.h"

namespace rift::optim {
namespace {

template <class T>
class PlainRule final : public Rule<T> {
 public:
  typename Rule<T>::Kept kept(const Slice&) const override { return {}; }
  void begin_step(int64_t) override {}
  void update(nn::kernels::Update<T> stretch, const Slice&) const override { nn::kernels::updates<T>().plain(stretch); }
};

template <class T>
class MomentumRule final : public Rule<T> {
 public:
  explicit MomentumRule(const SgdOptions& options)
      : step_{.momentum = static_cast<T>(options.momentum), .nesterov = options.nesterov} {}
  typename Rule<T>::Kept kept(const Slice& slice) const override { return {.first = slice.size}; }
  void begin_step(int64_t step) override { step_.first_step = step == 1; }
  void update(nn::kernels::Update<T> stretch, const Slice&) const override {
    nn::kernels::updates<T>().momentum(stretch, step_);
  }

 private:
  nn::kernels::Momentum<T> step_;
};

}  // namespace

template <class T>
std::unique_ptr<Rule<T>> make_rule(const GdOptions&) {
  return std::make_unique<PlainRule<T>>();
}

template <class T>
std::unique_ptr<Rule<T>> make_rule(const SgdOptions& options) {
  if (options.momentum == 0) return std::make_unique<PlainRule<T>>();
  return std::make_unique<MomentumRule<T>>(options);
}

template std::unique_ptr<Rule<float>> make_rule(const GdOptions&);
template std::unique_ptr<Rule<double>> make_rule(const GdOptions&);
template std::unique_ptr<Rule<float>> make_rule(const SgdOptions&);
template std::unique_ptr<Rule<double>> make_rule(const SgdOptions&);

}  // namespace rift::optim
