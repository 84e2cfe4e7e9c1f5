#include <algorithm>
#include <vector>

#include "rift/base/error.h"
#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

/// Sums over the rows that were passed: of their weights, and of those times the score and its square.
struct Moments {
  double weight = 0, first = 0, second = 0;
  void add(double w, double x) {
    weight += w;
    first += w * x;
    second += w * x * x;
  }
};

/// sum over pairs of a bad row i and a good row j of w_i w_j max(0, margin - (s_i - s_j))^2. A pair counts where
/// s_j + margin > s_i, so both sides in the order of their scores give every row's partners as a running sum:
/// O(B log B) instead of B^2. Source of the algorithm: arXiv:2302.11062; that minimising it maximises AUC: Gao and
/// Zhou, IJCAI 2015, corollary 5 (a hinge to a power above one).
class PairwiseAuc final : public Loss {
 public:
  explicit PairwiseAuc(double margin) : margin_(margin) {}

  double weight(std::span<const double> targets, std::span<const double> weights) const override {
    double of_class[2] = {0, 0};
    for (size_t row = 0; row < targets.size(); ++row) of_class[targets[row] > 0.5] += weights[row];
    return of_class[0] * of_class[1];
  }

  LossSum evaluate(const LossBatch& batch, std::span<double> gradient) const override {
    RIFT_CHECK(batch.logits.size() == batch.targets.size() && gradient.size() == batch.logits.size());
    std::vector<size_t> bad, good;
    for (size_t row = 0; row < batch.targets.size(); ++row) (batch.targets[row] > 0.5 ? bad : good).push_back(row);
    const auto by_score = [&](size_t a, size_t b) { return batch.logits[a] < batch.logits[b]; };
    std::ranges::stable_sort(bad, by_score);
    std::ranges::stable_sort(good, by_score);

    LossSum total{.sum = 0, .weight = weight(batch.targets, batch.weights)};
    // Of a bad row: the good ones above s_i - margin, from the top down; c = margin + s_j.
    Moments above;
    auto next_good = good.rbegin();
    for (auto i = bad.rbegin(); i != bad.rend(); ++i) {
      const double s = batch.logits[*i];
      for (; next_good != good.rend() && batch.logits[*next_good] + margin_ > s; ++next_good)
        above.add(batch.weights[*next_good], batch.logits[*next_good] + margin_);
      total.sum += batch.weights[*i] * (above.second - 2 * s * above.first + s * s * above.weight);
      gradient[*i] = -2 * batch.weights[*i] * (above.first - s * above.weight);
    }
    // Of a good row: the bad ones below s_j + margin, from the bottom up.
    Moments below;
    auto next_bad = bad.begin();
    for (const size_t j : good) {
      const double reach = batch.logits[j] + margin_;
      for (; next_bad != bad.end() && batch.logits[*next_bad] < reach; ++next_bad)
        below.add(batch.weights[*next_bad], batch.logits[*next_bad]);
      gradient[j] = 2 * batch.weights[j] * (reach * below.weight - below.first);
    }
    return total;
  }

 private:
  double margin_;
};

}  // namespace

std::unique_ptr<Loss> make_loss(const AucLoss& options, const LossTarget&) {
  return std::make_unique<PairwiseAuc>(options.margin);
}

}  // namespace rift::objective
