#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "rift/base/options.h"
#include "rift/optim/schedule_options.h"

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

/// Adam with Nesterov's look-ahead. Source: Dozat 2016, openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ.
struct NAdamOptions : AdamOptions {
  double momentum_decay = 4e-3;
  bool decoupled_decay = false;
  template <class V>
  void visit(V& v) {
    AdamOptions::visit(v);
    v("momentum_decay", momentum_decay, "How fast the look-ahead approaches beta1.", at_least(0));
    v("decoupled_decay", decoupled_decay, "Weight decay shrinks the parameter itself, as AdamW's.");
  }
};

/// The sign of a moving mean of gradients; wants about a tenth of AdamW's rate. weight_decay shrinks the parameter
/// itself. Source: arXiv:2302.06675, algorithm 2.
struct LionOptions {
  double beta1 = 0.9;
  double beta2 = 0.99;
  template <class V>
  void visit(V& v) {
    v("beta1", beta1, "Share of the mean in the step.", in_half_open(0.0, 1.0));
    v("beta2", beta2, "Decay of the mean.", in_half_open(0.0, 1.0));
  }
};

/// A second moment of one number for each row and column of a matrix; steps in proportion to the parameter's size.
/// weight_decay shrinks the parameter itself. Source: arXiv:1804.04235, algorithm 5, as torch.optim.Adafactor.
struct AdafactorOptions {
  double beta2_decay = -0.8;
  double least_scale = 1e-3;
  double largest_update = 1.0;
  template <class V>
  void visit(V& v) {
    v("beta2_decay", beta2_decay, "Exponent of the step with which new squares count.", in_range(-1e6, 0.0));
    v("least_scale", least_scale, "Least size of a parameter that its steps are in proportion to.", positive());
    v("largest_update", largest_update, "Root mean square of an update beyond which it is scaled down.", at_least(1.0));
  }
};

inline constexpr std::array<std::string_view, 7> kOptimizerNames = {"gd",    "sgd",  "adam",     "adamw",
                                                                    "nadam", "lion", "adafactor"};

struct OptimOptions {
  std::variant<GdOptions, SgdOptions, AdamOptions, AdamWOptions, NAdamOptions, LionOptions, AdafactorOptions> name =
      AdamOptions{};
  double lr = 2e-5;
  std::optional<double> head_lr;
  double layer_decay = 1.0;
  double weight_decay = 0.0;
  int64_t batch_rows = 32;
  int64_t accumulate = 1;
  double epochs = 3;
  double more_epochs = 0;
  double clip_norm = 1.0;
  double clip_value = 0.0;
  double sam_rho = 0.0;
  double ema_decay = 0.0;
  ScheduleOptions schedule;
  double warmup = 0.06;
  template <class V>
  void visit(V& v) {
    v.choice("name", name, kOptimizerNames, "Optimizer.");
    v("lr", lr, "Learning rate at its peak.", positive());
    v("head_lr", head_lr, "Learning rate of head and pooler, new or not; lr when left out.", positive());
    v("layer_decay", layer_decay,
      "Each layer's learning rate over that of the layer above it (arXiv:1801.06146): the top layer takes lr, the "
      "embeddings least; 1 = all alike.",
      Range{.low = 0, .high = 1, .open_low = true});
    v("weight_decay", weight_decay, "Weight decay; biases and norms are left out.", at_least(0));
    v("batch_rows", batch_rows, "Rows of a step; with accumulate > 1, of each of its parts.", at_least(1));
    v("accumulate", accumulate, "Parts whose gradients add up to one step.", at_least(1));
    v("epochs", epochs, "Passes over the training rows; a fraction stops within a pass.", positive());
    v("more_epochs", more_epochs,
      "Passes after those, over which warm-up and schedule begin again; what a run that --resume goes on with, a "
      "finished one too, may be given on top.",
      at_least(0));
    v("clip_norm", clip_norm, "Largest global norm of the gradient; 0 = no clipping.", at_least(0));
    v("clip_value", clip_value, "Largest absolute value of a gradient's element, before clip_norm; 0 = no clipping.",
      at_least(0));
    v("sam_rho", sam_rho,
      "Sharpness-aware minimisation (arXiv:2010.01412): steps follow the gradient at the worst point this far away, "
      "which takes a second pass; 0 = none.",
      at_least(0));
    v("ema_decay", ema_decay,
      "Decay of a moving mean of the parameters, which is what is validated and published; 0 = none.",
      in_half_open(0.0, 1.0));
    v("schedule", schedule, "Learning rate after the warm-up: a name, or a mapping with settings.");
    v("warmup", warmup, "Share of all steps over which the learning rate rises.", in_half_open(0.0, 1.0));
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
