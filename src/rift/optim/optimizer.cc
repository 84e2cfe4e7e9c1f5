#include "rift/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rift/base/error.h"
#include "rift/base/threads.h"

namespace rift::optim {
namespace {

using nn::kernels::Measured;
using nn::kernels::updates;

constexpr int64_t kPiece = 1 << 14;      // elements that one thread takes, whatever the threads
constexpr int64_t kIdlePiece = 1 << 10;  // of a slice whose rows may idle

GradientMeasure total_of(const std::vector<Measured>& sums) {
  GradientMeasure total;
  for (const Measured& sum : sums) {
    total.norm += sum.gradient;
    total.pull_distance += sum.distance;
  }
  total.norm = std::sqrt(total.norm);
  return total;
}

template <class T>
std::unique_ptr<Rule<T>> rule_of(const OptimOptions& options) {
  return std::visit([](const auto& method) { return make_rule<T>(method); }, options.name);
}

}  // namespace

template <class T>
Optimizer<T>::Optimizer(const OptimOptions& options, std::vector<ParameterGroup> groups, Pull<T> pull, Written written)
    : rule_(rule_of<T>(options)),
      groups_(std::move(groups)),
      largest_(options.clip_value > 0 ? static_cast<T>(options.clip_value) : std::numeric_limits<T>::infinity()),
      pull_rate_(pull.rate),
      written_(std::move(written)) {
  typename Rule<T>::Kept total;
  for (size_t group = 0; group < groups_.size(); ++group) {
    for (const Slice& slice : groups_[group].slices) {
      placed_.push_back(
          {.slice = slice, .group = static_cast<int64_t>(group), .first = total.first, .second = total.second});
      const typename Rule<T>::Kept kept = rule_->kept(slice);
      total.first += kept.first;
      total.second += kept.second;
    }
  }
  std::ranges::sort(placed_, {}, [](const Placed& placed) { return placed.slice.offset; });
  for (size_t i = 1; i < placed_.size(); ++i) {
    const Slice& before = placed_[i - 1].slice;
    RIFT_CHECK(before.offset + before.size <= placed_[i].slice.offset);
  }
  state_.first.resize(static_cast<size_t>(total.first));
  state_.second.resize(static_cast<size_t>(total.second));
  place_pull(pull);
  make_pieces();
  find_idle_pieces();
}

template <class T>
void Optimizer<T>::place_pull(const Pull<T>& pull) {
  int64_t from = 0;
  for (const Slice& slice : pull.slices) {
    const auto found = std::ranges::find_if(placed_, [&](const Placed& placed) {
      return placed.slice.offset == slice.offset && placed.slice.size == slice.size;
    });
    RIFT_CHECK(found != placed_.end());
    found->centre = pull.centre.data() + from;
    if (!pull.rates.empty()) found->rates = pull.rates.data() + from;
    from += slice.size;
  }
  RIFT_CHECK(from == static_cast<int64_t>(pull.centre.size()));
  RIFT_CHECK(pull.rates.empty() || pull.rates.size() == pull.centre.size());
}

template <class T>
void Optimizer<T>::make_pieces() {
  pieces_.clear();
  idle_.clear();
  for (const Placed& placed : placed_) {
    if (!placed.active) continue;
    if (!rule_->elementwise()) {
      pieces_.push_back({&placed, 0, placed.slice.size});
      continue;
    }
    const int64_t unit = placed.slice.unit;
    const int64_t most = placed.slice.rows_may_idle ? kIdlePiece : std::max(kPiece / unit, int64_t{1}) * unit;
    for (int64_t begin = 0; begin < placed.slice.size; begin += most) {
      Piece& piece = pieces_.emplace_back(Piece{&placed, begin, std::min(most, placed.slice.size - begin)});
      if (!placed.slice.rows_may_idle) continue;
      piece.idle = static_cast<int64_t>(idle_.size());
      idle_.push_back(0);
    }
  }
}

template <class T>
void Optimizer<T>::restart(const std::function<bool(const Slice& slice)>& is_active) {
  for (Placed& placed : placed_) placed.active = is_active(placed.slice);
  state_.steps = 0;
  std::ranges::fill(state_.first, T(0));
  std::ranges::fill(state_.second, T(0));
  make_pieces();
  find_idle_pieces();
}

template <class T>
std::vector<Slice> Optimizer<T>::active_slices() const {
  std::vector<Slice> slices;
  for (const Placed& placed : placed_) {
    if (placed.active) slices.push_back(placed.slice);
  }
  return slices;
}

template <class T>
void Optimizer<T>::find_idle_pieces() {
  const auto& kernels = updates<T>();
  for (const Piece& piece : pieces_) {
    if (piece.idle < 0) continue;
    const auto zero = [&](const std::vector<T>& moments, int64_t from) {
      return moments.empty() || kernels.is_zero(moments.data() + from + piece.begin, piece.size);
    };
    idle_[static_cast<size_t>(piece.idle)] =
        zero(state_.first, piece.placed->first) && zero(state_.second, piece.placed->second);
  }
}

template <class T>
nn::kernels::Pulled<T> Optimizer<T>::pulled_of(const Placed& placed, int64_t begin, int64_t size,
                                               std::span<const T> gradient) const {
  return {.gradient = gradient.data() + placed.slice.offset + begin,
          .centre = placed.centre == nullptr ? nullptr : placed.centre + begin,
          .rates = placed.rates == nullptr ? nullptr : placed.rates + begin,
          .pull = static_cast<T>(pull_rate_),
          .largest = largest_,
          .size = size};
}

template <class T>
T Optimizer<T>::rate_of(const Placed& placed) const {
  return static_cast<T>(groups_[static_cast<size_t>(placed.group)].lr * lr_factor_);
}

template <class T>
T Optimizer<T>::decay_of(const Placed& placed) const {
  return static_cast<T>(groups_[static_cast<size_t>(placed.group)].weight_decay);
}

/// `size` elements of a slice from `begin` on.
template <class T>
void Optimizer<T>::apply(const Placed& placed, int64_t begin, int64_t size, std::span<T> theta,
                         std::span<const T> gradient) {
  const auto moments = [&](std::vector<T>& all, int64_t from) {
    return all.empty() ? nullptr : all.data() + from + begin;
  };
  rule_->update({.pulled = pulled_of(placed, begin, size, gradient),
                 .theta = theta.data() + placed.slice.offset + begin,
                 .first = moments(state_.first, placed.first),
                 .second = moments(state_.second, placed.second),
                 .factor = static_cast<T>(gradient_factor_),
                 .lr = rate_of(placed),
                 .decay = decay_of(placed)},
                placed.slice);
  if (written_) written_({placed.slice.offset + begin, size});
}

template <class T>
Measured Optimizer<T>::measure_stretch(const Placed& placed, int64_t begin, int64_t size, std::span<const T> theta,
                                       std::span<const T> gradient) const {
  return updates<T>().measure(pulled_of(placed, begin, size, gradient), theta.data() + placed.slice.offset + begin);
}

/// A piece whose moments are zero and whose gradient is zero stays as it is, or shrinks by a decay that stands apart:
/// exact, since nothing but zeros would be added.
template <class T>
void Optimizer<T>::update_piece(const Piece& piece, std::span<T> theta, std::span<const T> gradient) {
  const Placed& placed = *piece.placed;
  if (piece.idle >= 0 && placed.centre == nullptr) {
    uint8_t& idle = idle_[static_cast<size_t>(piece.idle)];
    idle = idle != 0 && updates<T>().is_zero(gradient.data() + placed.slice.offset + piece.begin, piece.size);
    const std::optional<T> factor = rule_->idle_factor(rate_of(placed), decay_of(placed));
    if (idle != 0 && factor) {
      T* values = theta.data() + placed.slice.offset + piece.begin;
      if (*factor != 1) updates<T>().shrink(values, piece.size, *factor);
      return;
    }
  }
  apply(placed, piece.begin, piece.size, theta, gradient);
}

template <class T>
GradientMeasure Optimizer<T>::measure(std::span<const T> theta, std::span<const T> gradient) const {
  RIFT_CHECK(theta.size() == gradient.size());
  std::vector<Measured> sums(pieces_.size());
  parallel_for(static_cast<int64_t>(pieces_.size()), 8, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const Piece& piece = pieces_[static_cast<size_t>(i)];
      sums[static_cast<size_t>(i)] = measure_stretch(*piece.placed, piece.begin, piece.size, theta, gradient);
    }
  });
  return total_of(sums);
}

template <class T>
void Optimizer<T>::step(std::span<T> theta, std::span<const T> gradient, double lr_factor, double gradient_factor) {
  RIFT_CHECK(theta.size() == gradient.size());
  begin_step(lr_factor, gradient_factor);
  parallel_for(static_cast<int64_t>(pieces_.size()), 8, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) update_piece(pieces_[static_cast<size_t>(i)], theta, gradient);
  });
}

template <class T>
void Optimizer<T>::begin_step(double lr_factor, double gradient_factor) {
  rule_->begin_step(++state_.steps);
  lr_factor_ = lr_factor;
  gradient_factor_ = gradient_factor;
  found_.clear();
}

template <class T>
const typename Optimizer<T>::Placed& Optimizer<T>::containing(const Slice& stretch) const {
  auto after = std::ranges::upper_bound(placed_, stretch.offset, {}, [](const Placed& p) { return p.slice.offset; });
  RIFT_CHECK(after != placed_.begin());
  const Placed& placed = *--after;
  RIFT_CHECK(stretch.offset + stretch.size <= placed.slice.offset + placed.slice.size && !placed.slice.rows_may_idle);
  return placed;
}

template <class T>
void Optimizer<T>::update(std::span<T> theta, std::span<const T> gradient, const Slice& stretch) {
  RIFT_CHECK(takes_parts());
  const Placed& placed = containing(stretch);
  const int64_t begin = stretch.offset - placed.slice.offset;
  const Measured sums = measure_stretch(placed, begin, stretch.size, theta, gradient);
  apply(placed, begin, stretch.size, theta, gradient);
  const std::lock_guard lock(mutex_);
  found_.push_back({stretch.offset, stretch.size, sums});
}

template <class T>
GradientMeasure Optimizer<T>::finish_step(std::span<T> theta, std::span<const T> gradient) {
  std::ranges::sort(found_, {}, &Found::offset);
  const auto taken = [&](const Slice& slice) {
    const auto at = std::ranges::lower_bound(found_, slice.offset, {}, &Found::offset);
    return at != found_.end() && at->offset < slice.offset + slice.size;
  };
  int64_t updated = 0, whole = 0;
  for (const Found& found : found_) updated += found.size;
  for (const Placed& placed : placed_) whole += taken(placed.slice) ? placed.slice.size : 0;
  RIFT_CHECK(updated == whole);  // a slice is updated whole or not at all
  std::vector<Measured> sums(pieces_.size());
  parallel_for(static_cast<int64_t>(pieces_.size()), 8, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const Piece& piece = pieces_[static_cast<size_t>(i)];
      if (taken(piece.placed->slice)) continue;
      sums[static_cast<size_t>(i)] = measure_stretch(*piece.placed, piece.begin, piece.size, theta, gradient);
      update_piece(piece, theta, gradient);
    }
  });
  for (const Found& found : found_) sums.push_back(found.sums);
  return total_of(sums);
}

template <class T>
void Optimizer<T>::restore(State state) {
  RIFT_REQUIRE(state.first.size() == state_.first.size() && state.second.size() == state_.second.size(),
               Code::kArtefact,
               "optimizer state: expected {} and {} moments, got {} and {}; was the checkpoint written with other "
               "tuning or optim settings?",
               state_.first.size(), state_.second.size(), state.first.size(), state.second.size());
  state_ = std::move(state);
  find_idle_pieces();
}

template class Optimizer<float>;
template class Optimizer<double>;

}  // namespace rift::optim
