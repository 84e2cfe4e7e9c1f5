#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/optim/options.h"

namespace rift::optim {

/// A stretch of the flat parameter storage.
struct Slice {
  int64_t offset = 0;
  int64_t size = 0;
};

/// Parameters that share a learning rate and a weight decay.
struct ParameterGroup {
  std::string name;  // "encoder", "encoder, no decay", "head", ...; shown in the log
  double lr = 0;
  double weight_decay = 0;
  std::vector<Slice> slices;
};

/// GD, SGD (momentum, Nesterov), Adam and AdamW over flat parameter storage, T = float or double. The update of an
/// element depends on that element alone, so the result does not depend on the number of threads. Formulas and their
/// order of operations are torch.optim's, to which ten steps are equal (f64, 1e-10). Source: arXiv:1412.6980,
/// arXiv:1711.05101.
template <class T>
class Optimizer {
 public:
  Optimizer(const OptimOptions& options, std::vector<ParameterGroup> groups);

  /// theta -= step(gradient_factor * gradient), with every group's lr times lr_factor. theta and gradient are the whole
  /// flat storage; only the groups' slices are read or written.
  void step(std::span<T> theta, std::span<const T> gradient, double lr_factor, double gradient_factor = 1.0);

  const std::vector<ParameterGroup>& groups() const { return groups_; }
  int64_t steps() const { return state_.steps; }

  /// What resuming needs: moments one after the other, in the order of groups and slices; [elements] each, may be
  /// empty.
  struct State {
    int64_t steps = 0;
    std::vector<T> first;   // momentum buffer or first moment
    std::vector<T> second;  // second moment
  };
  const State& state() const { return state_; }
  void restore(State state);  // throws kArtefact on other lengths

 private:
  OptimOptions options_;
  std::vector<ParameterGroup> groups_;
  int64_t elements_ = 0;
  State state_;
};

}  // namespace rift::optim
