#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "rift/nn/kernels/updates.h"
#include "rift/optim/options.h"
#include "rift/optim/rule.h"

namespace rift::optim {

/// Parameters that share a learning rate and a weight decay.
struct ParameterGroup {
  std::string name;  // "encoder", "encoder, no decay", "head", ...; shown in the log
  double lr = 0;
  double weight_decay = 0;
  std::vector<Slice> slices;
};

/// rate * rates * (theta - centre) joins the gradient: an anchor to where the parameters came from. Its slices are some
/// of the groups'.
template <class T>
struct Pull {
  double rate = 0;
  std::vector<Slice> slices;
  std::span<const T> centre;  // slice after slice; must outlive the optimizer
  std::span<const T> rates;   // of each element, as centre, >= 0; empty = all 1
};

/// Told of a stretch as soon as a step has written it, on the thread that did.
using Written = std::function<void(const Slice& stretch)>;

/// What one step's gradient was, pull included.
struct GradientMeasure {
  double norm = 0;           // Euclidean, over all groups
  double pull_distance = 0;  // sum of rates * (theta - centre)^2
};

/// A rule's steps (rule.h) over flat parameter storage, T = float or double. One pass over what a
/// step touches: gradient, pull, clip factor, decay, moments, update. What a step
/// writes follows from an element, or from a slice, alone, so the result depends neither on the number of threads nor
/// on whether stretches are updated as their gradients become known or all at the end. Formulas and their order of
/// operations are torch.optim's, to which ten steps are equal (f64, 1e-10). Source: arXiv:1412.6980, arXiv:1711.05101.
template <class T>
class Optimizer {
 public:
  /// Throws kBug on overlapping slices or a pull outside of them.
  Optimizer(const OptimOptions& options, std::vector<ParameterGroup> groups, Pull<T> pull = {}, Written written = {});

  /// Norm of gradient + pull, each element clipped by value, summed in f64 in an order that does not depend on the
  /// number of threads. theta and gradient are the whole flat storage, here and below; only the groups' slices are read
  /// or written.
  GradientMeasure measure(std::span<const T> theta, std::span<const T> gradient) const;

  /// theta -= step(gradient_factor * (gradient + pull)), with every group's lr times lr_factor.
  void step(std::span<T> theta, std::span<const T> gradient, double lr_factor, double gradient_factor = 1.0);

  /// The same in parts, while gradients come in: begin_step(), update() of stretches inside of slices, each element
  /// once and from any thread, finish_step() for all slices that nobody updated. A slice is updated whole or not at
  /// all (kBug), and only where takes_parts(). Returns what measure() would have.
  bool takes_parts() const { return rule_->elementwise(); }
  void begin_step(double lr_factor, double gradient_factor = 1.0);
  void update(std::span<T> theta, std::span<const T> gradient, const Slice& stretch);
  GradientMeasure finish_step(std::span<T> theta, std::span<const T> gradient);

  /// Begins anew: steps count from 1, moments are zero, and only the slices that `is_active` names take part from now
  /// on; the others are neither read nor written.
  void restart(const std::function<bool(const Slice& slice)>& is_active);

  const std::vector<ParameterGroup>& groups() const { return groups_; }
  /// Those that take part, by offset.
  std::vector<Slice> active_slices() const;
  int64_t steps() const { return state_.steps; }
  double least_step(double gradient) const { return rule_->least_step(gradient); }  // see Rule

  /// What resuming needs: what the rule keeps of each slice, in the order of groups and slices. May be empty.
  struct State {
    int64_t steps = 0;
    std::vector<T> first;   // momentum buffer, first moment; see Rule::kept
    std::vector<T> second;  // second moment
  };
  const State& state() const { return state_; }
  void restore(State state);  // throws kArtefact on other lengths

 private:
  /// A slice with its places in the state and its part of the pull.
  struct Placed {
    Slice slice;
    int64_t group = 0;
    int64_t first = 0;  // where its part of State::first begins
    int64_t second = 0;
    const T* centre = nullptr;
    const T* rates = nullptr;
    bool active = true;
  };
  struct Piece {
    const Placed* placed = nullptr;
    int64_t begin = 0;  // within the slice
    int64_t size = 0;
    int64_t idle = -1;  // index into idle_
  };
  /// What measure() found in one stretch, by where it begins.
  struct Found {
    int64_t offset = 0;
    int64_t size = 0;
    nn::kernels::Measured sums;
  };

  void place_pull(const Pull<T>& pull);
  void make_pieces();
  void find_idle_pieces();
  const Placed& containing(const Slice& stretch) const;
  nn::kernels::Pulled<T> pulled_of(const Placed& placed, int64_t begin, int64_t size,
                                   std::span<const T> gradient) const;
  T rate_of(const Placed& placed) const;  // of the step that goes on
  T decay_of(const Placed& placed) const;
  nn::kernels::Measured measure_stretch(const Placed& placed, int64_t begin, int64_t size, std::span<const T> theta,
                                        std::span<const T> gradient) const;
  void apply(const Placed& placed, int64_t begin, int64_t size, std::span<T> theta, std::span<const T> gradient);
  void update_piece(const Piece& piece, std::span<T> theta, std::span<const T> gradient);

  std::unique_ptr<Rule<T>> rule_;
  std::vector<ParameterGroup> groups_;
  std::vector<Placed> placed_;  // by offset
  std::vector<Piece> pieces_;   // by offset
  std::vector<uint8_t> idle_;   // moments are all zero
  T largest_;                   // absolute value of a gradient's element
  double pull_rate_ = 0;
  Written written_;
  State state_;
  double lr_factor_ = 1;  // of the step that goes on
  double gradient_factor_ = 1;
  std::mutex mutex_;          // guards what follows
  std::vector<Found> found_;  // of stretches that update() took
};

}  // namespace rift::optim
