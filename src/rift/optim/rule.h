#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "rift/nn/kernels/updates.h"
#include "rift/optim/options.h"

namespace rift::optim {

/// How a method turns gradients into new values: what differs between SGD and Adam. Optimizer walks over the storage
/// and asks it stretch by stretch. T = float or double. One file each under rules/.
template <class T>
class Rule {
 public:
  virtual ~Rule() = default;

  /// State that each element has: 0, 1 (Update::first) or 2 (and Update::second).
  virtual int64_t moments() const = 0;

  /// Before the updates of a step, which count from 1.
  virtual void begin_step(int64_t step) = 0;

  /// One stretch. Update::lr and Update::decay are its group's. An element's new value depends on that element alone.
  /// Called from several threads.
  virtual void update(nn::kernels::Update<T> stretch) const = 0;

  /// What becomes of an element whose gradient and moments are zero is `factor` times it, exactly; nullopt where such
  /// an element has to go through update().
  virtual std::optional<T> idle_factor(T /*lr*/, T decay) const {
    return decay == 0 ? std::optional(T(1)) : std::nullopt;
  }
};

/// One per method, each in the file of its name.
template <class T>
std::unique_ptr<Rule<T>> make_rule(const GdOptions& options);
template <class T>
std::unique_ptr<Rule<T>> make_rule(const SgdOptions& options);
template <class T>
std::unique_ptr<Rule<T>> make_rule(const AdamOptions& options);
template <class T>
std::unique_ptr<Rule<T>> make_rule(const AdamWOptions& options);

}  // namespace rift::optim
