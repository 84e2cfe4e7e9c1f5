#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <variant>

#include "rift/base/options.h"

/// L_task, run.yaml's `objective.loss`: a name, or a mapping with settings. loss_table.h says which fits what.
namespace rift::objective {

/// The likelihood that fits the task: bce, cross_entropy or mse.
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

inline constexpr std::array<std::string_view, 6> kLossNames = {"automatic", "bce",        "cross_entropy",
                                                               "focal",     "asymmetric", "mse"};

struct LossOptions {
  std::variant<AutomaticLoss, BceLoss, CrossEntropyLoss, FocalLoss, AsymmetricLoss, MseLoss> kind;
  static constexpr std::string_view kScalarKey = "kind";
  std::string_view name() const { return kLossNames[kind.index()]; }
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kLossNames, "Task loss.");
  }
};

}  // namespace rift::objective
