#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "rift/nn/kernels/updates.h"
#include "rift/optim/options.h"

namespace rift::optim {

/// A stretch of the flat parameter storage.
///   rows_may_idle: most of its gradient is zero in most steps (an embedding's rows that no token asks for)
///   unit: elements that one thread takes together, where something follows what is written (rows of a weight)
///   rows, columns: of a matrix, or of each of several that lie one after the other; 0 where it is a vector
struct Slice {
  int64_t offset = 0;
  int64_t size = 0;
  bool rows_may_idle = false;
  int64_t unit = 1;
  int64_t rows = 0;
  int64_t columns = 0;
};

/// How a method turns gradients into new values: what differs between SGD and Adam. Optimizer walks over the storage
/// and asks it stretch by stretch. T = float or double. One file each under rules/.
template <class T>
class Rule {
 public:
  virtual ~Rule() = default;

  /// Elements of what a slice keeps from step to step: at Update::first and Update::second.
  struct Kept {
    int64_t first = 0;
    int64_t second = 0;
  };
  virtual Kept kept(const Slice& slice) const = 0;

  /// Whether an element's new value depends on that element alone, with its state at the same place of first and
  /// second. If not, update() is given whole slices.
  virtual bool elementwise() const { return true; }

  /// Before the updates of a step, which count from 1.
  virtual void begin_step(int64_t step) = 0;

  /// One stretch of `slice`. Update::lr and Update::decay are its group's. Called from several threads.
  virtual void update(nn::kernels::Update<T> stretch, const Slice& slice) const = 0;

  /// What a step changes an element by at the least where its gradient was this large, clipped and > 0, as a share of
  /// the learning rate: to tell a tensor that was left out from one whose steps are lost in its rounding.
  virtual double least_step(double gradient) const { return gradient; }

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
template <class T>
std::unique_ptr<Rule<T>> make_rule(const NAdamOptions& options);
template <class T>
std::unique_ptr<Rule<T>> make_rule(const LionOptions& options);
template <class T>
std::unique_ptr<Rule<T>> make_rule(const AdafactorOptions& options);

}  // namespace rift::optim
