#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "rift/base/options.h"

/// How the learning rate goes over a run, run.yaml's `optim.schedule`: a name, or a mapping with settings.
namespace rift::optim {

struct ConstantSchedule {
  template <class V>
  void visit(V&) {}
};

/// Towards 0, which the step after the last would have: the last has 1 / (steps behind the warm-up).
struct LinearSchedule {
  template <class V>
  void visit(V&) {}
};

/// Half a cosine towards 0, which the step after the last would have.
struct CosineSchedule {
  template <class V>
  void visit(V&) {}
};

/// (1 - progress)^power, as torch's PolynomialLR.
struct PolynomialSchedule {
  double power = 2.0;
  template <class V>
  void visit(V& v) {
    v("power", power, "Exponent of what is left of the run.", positive());
  }
};

/// Up by half a cosine over the warm-up, down by another over the rest, as torch's OneCycleLR (the rate alone: momenta
/// stay). Source: arXiv:1708.07120.
struct OneCycleSchedule {
  double rises_from = 25.0;
  double falls_to = 1e4;
  template <class V>
  void visit(V& v) {
    v("rises_from", rises_from, "The first step's rate is lr divided by this.", at_least(1.0));
    v("falls_to", falls_to, "The last step's rate is the first one's divided by this.", at_least(1.0));
  }
};

/// Falls whenever validation has not improved for a while, as torch's ReduceLROnPlateau (threshold relative). Of
/// a figure below 0 better by a share of its size, where torch's threshold turns round.
struct PlateauSchedule {
  double factor = 0.1;
  int64_t patience = 2;
  double threshold = 1e-4;
  double least = 0.0;
  template <class V>
  void visit(V& v) {
    v("factor", factor, "What the rate is multiplied with.", in_range(1e-6, 0.999999));
    v("patience", patience, "Evaluations without improvement that are let pass.", at_least(0));
    v("threshold", threshold,
      "Share by which a figure has to be better to count as an improvement; below 0 of its size, which torch's is not.",
      at_least(0));
    v("least", least, "Share of lr below which the rate does not fall.", in_half_open(0.0, 1.0));
  }
};

inline constexpr std::array<std::string_view, 6> kScheduleNames = {"constant",   "linear",    "cosine",
                                                                   "polynomial", "one_cycle", "plateau"};

struct ScheduleOptions {
  std::variant<ConstantSchedule, LinearSchedule, CosineSchedule, PolynomialSchedule, OneCycleSchedule, PlateauSchedule>
      kind = LinearSchedule{};
  static constexpr std::string_view kScalarKey = "kind";
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kScheduleNames, "Learning rate after the warm-up.");
  }
};

}  // namespace rift::optim
