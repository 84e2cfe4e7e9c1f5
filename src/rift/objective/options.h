#pragma once

#include <array>
#include <string_view>
#include <variant>

#include "rift/base/options.h"

/// min over theta_f of  L_task(theta_f) + lambda * L_pretrain(theta_f, theta_p),  run.yaml's `objective:`.
namespace rift::objective {

/// kAutomatic: bce for a binary task, cross_entropy for several classes, mse for a regression.
enum class Loss { kAutomatic, kBce, kCrossEntropy, kMse };
constexpr auto enum_names(Loss) {
  return std::to_array<EnumName<Loss>>({{Loss::kAutomatic, "automatic"},
                                        {Loss::kBce, "bce"},
                                        {Loss::kCrossEntropy, "cross_entropy"},
                                        {Loss::kMse, "mse"}});
}

/// kBalanced: weight of a class = rows / (classes * rows of the class), counted on the training rows.
enum class ClassWeight { kNone, kBalanced };
constexpr auto enum_names(ClassWeight) {
  return std::to_array<EnumName<ClassWeight>>({{ClassWeight::kNone, "none"}, {ClassWeight::kBalanced, "balanced"}});
}

/// No pull towards the pretrained model.
struct NoAnchor {
  template <class V>
  void visit(V&) {}
};

/// L_pretrain = 1/2 * sum over the pretrained parameters that move of (theta_f - theta_p)^2; a new head has no theta_p
/// and is left out. Source: arXiv:1802.01483 (L2-SP), eq. 2.
struct L2SpAnchor {
  double lambda = 0.0;
  template <class V>
  void visit(V& v) {
    v("lambda", lambda, "Strength of the pull towards the pretrained parameters.", at_least(0));
  }
};

inline constexpr std::array<std::string_view, 2> kAnchorNames = {"none", "l2_sp"};

struct AnchorOptions {
  std::variant<NoAnchor, L2SpAnchor> kind;
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kAnchorNames, "The term that keeps the pretrained knowledge.");
  }
};

struct ObjectiveOptions {
  Loss loss = Loss::kAutomatic;
  ClassWeight class_weight = ClassWeight::kNone;
  AnchorOptions anchor;
  template <class V>
  void visit(V& v) {
    v("loss", loss, "Task loss.");
    v("class_weight", class_weight, "Weights of the classes in the task loss.");
    v("anchor", anchor, "lambda * L_pretrain.");
  }
};

}  // namespace rift::objective
