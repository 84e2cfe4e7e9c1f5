#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "rift/base/options.h"

/// How a step is made, run.yaml's `optim:`.
namespace rift::optim {

/// Gradient descent on the whole training part: one step an epoch.
struct GdOptions {
  template <class V>
  void visit(V&) {}
};

struct SgdOptions {
  double momentum = 0.0;
  bool nesterov = false;
  template <class V>
  void visit(V& v) {
    v("momentum", momentum, "Momentum.", in_half_open(0.0, 1.0));
    v("nesterov", nesterov, "Nesterov's look-ahead; needs momentum > 0.");
  }
};

/// Source: arXiv:1412.6980. weight_decay is added to the gradient (as torch.optim.Adam).
struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  template <class V>
  void visit(V& v) {
    v("beta1", beta1, "Decay of the first moment.", in_half_open(0.0, 1.0));
    v("beta2", beta2, "Decay of the second moment.", in_half_open(0.0, 1.0));
    v("epsilon", epsilon, "Added to the root of the second moment.", positive());
  }
};

/// Source: arXiv:1711.05101. weight_decay shrinks the parameter itself.
struct AdamWOptions : AdamOptions {};

inline constexpr std::array<std::string_view, 4> kOptimizerNames = {"gd", "sgd", "adam", "adamw"};

enum class Schedule { kConstant, kLinear, kCosine };
constexpr auto enum_names(Schedule) {
  return std::to_array<EnumName<Schedule>>(
      {{Schedule::kConstant, "constant"}, {Schedule::kLinear, "linear"}, {Schedule::kCosine, "cosine"}});
}

struct OptimOptions {
  std::variant<GdOptions, SgdOptions, AdamOptions, AdamWOptions> name = AdamOptions{};
  double lr = 2e-5;
  std::optional<double> head_lr;
  double weight_decay = 0.0;
  int64_t batch_rows = 32;
  int64_t accumulate = 1;
  double epochs = 3;
  double clip_norm = 1.0;
  Schedule schedule = Schedule::kLinear;
  double warmup = 0.06;
  template <class V>
  void visit(V& v) {
    v.choice("name", name, kOptimizerNames, "Optimizer.");
    v("lr", lr, "Learning rate at its peak.", positive());
    v("head_lr", head_lr, "Learning rate of a new head and pooler; lr when left out.", positive());
    v("weight_decay", weight_decay, "Weight decay; biases and LayerNorm are left out.", at_least(0));
    v("batch_rows", batch_rows, "Rows of a step; with accumulate > 1, of each of its parts.", at_least(1));
    v("accumulate", accumulate, "Parts whose gradients add up to one step.", at_least(1));
    v("epochs", epochs, "Passes over the training rows; a fraction stops within a pass.", positive());
    v("clip_norm", clip_norm, "Largest global norm of the gradient; 0 = no clipping.", at_least(0));
    v("schedule", schedule, "Learning rate after the warm-up.");
    v("warmup", warmup, "Share of all steps over which the learning rate rises from 0.", in_half_open(0.0, 1.0));
  }
  void check(std::string_view path) const {
    if (const auto* sgd = std::get_if<SgdOptions>(&name)) {
      RIFT_REQUIRE(!sgd->nesterov || sgd->momentum > 0, Code::kConfig, "{}: nesterov needs momentum > 0", path);
    }
    RIFT_REQUIRE(!std::holds_alternative<GdOptions>(name) || accumulate == 1, Code::kConfig,
                 "{}.accumulate: gradient descent (gd) takes every training row in each step; leave it out", path);
  }
};

}  // namespace rift::optim
