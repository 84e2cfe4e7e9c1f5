#pragma once

#include <array>
#include <string_view>
#include <variant>
#include <vector>

#include "rift/base/options.h"

/// L_task, run.yaml's `objective.loss`: a name, or a mapping with settings. loss_table.h says which fits what.
namespace rift::objective {

/// The likelihood that fits the task: bce, cross_entropy, corn or mse.
struct AutomaticLoss {
  template <class V>
  void visit(V&) {}
};

/// -(pos_weight * y log p + (1 - y) log(1 - p)), p = sigmoid(logit), as torch's BCEWithLogitsLoss.
struct BceLoss {
  double pos_weight = 1.0;
  template <class V>
  void visit(V& v) {
    v("pos_weight", pos_weight,
      "What the loss of a bad row is multiplied with; unlike objective.class_weight the mean's divisor stays.",
      positive());
  }
};

/// -log of the softmax at the row's class, as torch's CrossEntropyLoss.
struct CrossEntropyLoss {
  double label_smoothing = 0.0;
  template <class V>
  void visit(V& v) {
    v("label_smoothing", label_smoothing, "Share of a row's target that is spread over all classes alike.",
      in_half_open(0.0, 1.0));
  }
};

/// -(1 - p)^gamma log p, p the probability of what came true. Source: arXiv:1708.02002, eq. 4; their alpha is
/// objective.class_weight.
struct FocalLoss {
  double gamma = 2.0;
  template <class V>
  void visit(V& v) {
    v("gamma", gamma, "How little a row counts that is told rightly; 0 = the plain log loss.", at_least(0));
  }
};

/// Focal loss whose good rows have a gamma of their own and count nothing below a probability of `margin`.
/// Source: arXiv:2009.14119, eq. 7, with the gradient of eq. 8 (through the weights too).
struct AsymmetricLoss {
  double gamma_bad = 0.0;
  double gamma_good = 4.0;
  double margin = 0.05;
  template <class V>
  void visit(V& v) {
    v("gamma_bad", gamma_bad, "gamma of a bad row (of a label that holds).", at_least(0));
    v("gamma_good", gamma_good, "gamma of a good row (of a label that does not hold).", at_least(0));
    v("margin", margin, "Taken from the probability of a good row, to 0 at least.", in_half_open(0.0, 1.0));
  }
};

/// (prediction - label)^2, as torch's MSELoss.
struct MseLoss {
  template <class V>
  void visit(V&) {}
};

/// Half the squared miss up to delta, beyond it a line, as torch's HuberLoss: a few amounts far out move it less.
struct HuberLoss {
  double delta = 1.0;
  template <class V>
  void visit(V& v) {
    v("delta", delta, "Miss from which on the loss is a line, in deviations of the training labels.", positive());
  }
};

/// Several quantiles at once: mean over the levels t of max(t (y - q), (t - 1) (y - q)). Each next quantile is the one
/// before plus a softplus, so that they do not cross. Source: Koenker and Bassett, Econometrica 46 (1978).
struct QuantileLoss {
  std::vector<double> levels = {0.1, 0.5, 0.9};
  template <class V>
  void visit(V& v) {
    v("levels", levels, "Levels of the quantiles, rising, each between 0 and 1.");
  }
};

/// Counts: m - y log m, m = exp(logit), as torch's PoissonNLLLoss.
struct PoissonLoss {
  template <class V>
  void visit(V&) {}
};

/// Amounts above 0 whose deviation grows with the mean: log m + y / m, m = exp(logit).
struct GammaLoss {
  template <class V>
  void visit(V&) {}
};

/// Amounts that are often 0, as losses are: half the deviance of the family whose variance is m^power.
/// Source: Dunn and Smyth, Statistics and Computing 15 (2005).
struct TweedieLoss {
  double power = 1.5;
  template <class V>
  void visit(V& v) {
    v("power", power, "Power of the mean that the variance goes by: 1 would be poisson, 2 gamma.",
      {.low = 1.0, .high = 2.0, .open_low = true, .open_high = true});
  }
};

/// Ordered classes: a logit for y > k among the rows with y >= k, for each class but the last. Source: CORN,
/// arXiv:2111.08851.
struct CornLoss {
  template <class V>
  void visit(V&) {}
};

/// The order alone: the mean over pairs of a bad and a good row of max(0, margin - (score of the bad one - score of the
/// good one))^2. Pairs are those within a batch, so batch_rows should hold several bad rows.
struct AucLoss {
  double margin = 1.0;
  template <class V>
  void visit(V& v) {
    v("margin", margin, "Distance of scores from which on a pair costs nothing.", positive());
  }
};

inline constexpr std::array<std::string_view, 13> kLossNames = {
    "automatic", "bce",     "cross_entropy", "focal",   "asymmetric", "mse", "huber",
    "quantile",  "poisson", "gamma",         "tweedie", "corn",       "auc"};

struct LossOptions {
  std::variant<AutomaticLoss, BceLoss, CrossEntropyLoss, FocalLoss, AsymmetricLoss, MseLoss, HuberLoss, QuantileLoss,
               PoissonLoss, GammaLoss, TweedieLoss, CornLoss, AucLoss>
      kind;
  static constexpr std::string_view kScalarKey = "kind";
  std::string_view name() const { return kLossNames[kind.index()]; }
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kLossNames, "Task loss.");
  }
  void check(std::string_view path) const;  // levels of quantiles rise within (0, 1); throws kConfig
};

}  // namespace rift::objective
