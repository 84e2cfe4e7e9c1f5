#pragma once

#include <array>
#include <string_view>
#include <variant>

#include "rift/base/options.h"
#include "rift/objective/loss_options.h"

/// min over theta_f of  L_task(theta_f) + lambda * L_pretrain(theta_f, theta_p),  run.yaml's `objective:`.
namespace rift::objective {

/// Every class counts as its rows do.
struct NoClassWeight {
  template <class V>
  void visit(V&) {}
};

/// Weight of a class = rows / (classes * rows of the class), counted on the training rows.
struct BalancedClassWeight {
  template <class V>
  void visit(V&) {}
};

struct GivenClassWeight {
  OptionMap<double> weights;
  template <class V>
  void visit(V& v) {
    v("weights", weights, "Weight of a class, by its name in the data; 1 for those left out.");
  }
};

inline constexpr std::array<std::string_view, 3> kClassWeightNames = {"none", "balanced", "given"};

/// Weights of rows by their class: of the sum and of the mean's divisor, as torch's `weight`.
struct ClassWeightOptions {
  std::variant<NoClassWeight, BalancedClassWeight, GivenClassWeight> kind;
  static constexpr std::string_view kScalarKey = "kind";
  bool is_none() const { return std::holds_alternative<NoClassWeight>(kind); }
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kClassWeightNames, "Weights of the classes in the task loss.");
  }
};

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
  LossOptions loss;
  ClassWeightOptions class_weight;
  AnchorOptions anchor;
  template <class V>
  void visit(V& v) {
    v("loss", loss, "Task loss: a name, or a mapping with settings.");
    v("class_weight", class_weight, "Weights of the classes in the task loss.");
    v("anchor", anchor, "lambda * L_pretrain.");
  }
};

}  // namespace rift::objective
