#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rift/base/options.h"

/// run.yaml's `search:`.
namespace rift::search {

/// A condition: the value of another parameter, or several of which one has to hold.
struct ConditionOptions {
  static constexpr std::string_view kScalarKey = "is";
  std::optional<std::string> is;
  std::vector<std::string> any;
  template <class V>
  void visit(V& v) {
    v("is", is, "Value of the other parameter with which this one is searched.");
    v("any", any, "The same for several values.");
  }
};

/// What one option of run.yaml may become. Exactly one of float, log, int, log_int and choice.
struct RangeOptions {
  std::optional<std::vector<double>> uniform;
  std::optional<std::vector<double>> log;
  std::optional<std::vector<int64_t>> whole;
  std::optional<std::vector<int64_t>> log_whole;
  std::optional<std::vector<std::string>> choice;
  std::optional<double> step;
  std::optional<int64_t> points;
  OptionMap<ConditionOptions> when;
  template <class V>
  void visit(V& v) {
    v("float", uniform, "[low, high]: any number between, both included.");
    v("log", log, "[low, high] > 0: any number between, uniform in its logarithm.");
    v("int", whole, "[low, high]: whole numbers, both included.");
    v("log_int", log_whole, "[low, high] >= 1: whole numbers, uniform in their logarithm.");
    v("choice", choice, "One of these values.");
    v("step", step, "float and int: distance between the values that are tried.", positive());
    v("points", points,
      "Values of a range that the grid takes, its ends among them. Default: 5, or every one of fewer.",
      in_range(1, 1000));
    v("when", when, "Searched only with these values of other parameters; the option is left out otherwise.");
  }
};

struct TpeOptions {
  int64_t startup_trials = 10;
  int64_t candidates = 24;
  template <class V>
  void visit(V& v) {
    v("startup_trials", startup_trials, "Trials at random before the first that is chosen.", at_least(1));
    v("candidates", candidates, "Settings drawn for a trial, of which the most promising is run.",
      in_range(1, 100'000));
  }
};
struct RandomOptions {
  template <class V>
  void visit(V&) {}
};
struct GridOptions {
  template <class V>
  void visit(V&) {}
};
inline constexpr std::array<std::string_view, 3> kSamplerNames = {"tpe", "random", "grid"};
struct SamplerOptions {
  static constexpr std::string_view kScalarKey = "kind";
  std::variant<TpeOptions, RandomOptions, GridOptions> kind;
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kSamplerNames, "How the settings of a trial are chosen.");
  }
};

struct NoPrunerOptions {
  template <class V>
  void visit(V&) {}
};
struct AshaOptions {
  int64_t reduction = 4;
  int64_t first_evaluation = 1;
  template <class V>
  void visit(V& v) {
    v("reduction", reduction, "One in so many trials goes on at each rung.", at_least(2));
    v("first_evaluation", first_evaluation,
      "Evaluation of the first rung; the next lie at reduction, reduction^2 ... times it.", at_least(1));
  }
};
struct MedianOptions {
  int64_t startup_trials = 5;
  int64_t warmup_evaluations = 0;
  template <class V>
  void visit(V& v) {
    v("startup_trials", startup_trials, "Complete trials before any is stopped.", at_least(1));
    v("warmup_evaluations", warmup_evaluations, "First evaluations of a trial that do not stop it.", at_least(0));
  }
};
inline constexpr std::array<std::string_view, 3> kPrunerNames = {"none", "asha", "median"};
struct PrunerOptions {
  static constexpr std::string_view kScalarKey = "kind";
  std::variant<NoPrunerOptions, AshaOptions, MedianOptions> kind;
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kPrunerNames, "Which trials are stopped before their end, by their evaluations.");
  }
};

struct MetricOptions {
  static constexpr std::string_view kScalarKey = "name";
  std::string name;
  std::string second;
  template <class V>
  void visit(V& v) {
    v("name", name, "Figure of the validation rows; empty = auc, log_loss (several classes) or rmse (regression).");
    v("second", second, "Another one that it is weighed against: the best trade-offs are kept; empty = none.");
  }
};

struct SearchOptions {
  OptionMap<RangeOptions> space;
  MetricOptions metric;
  SamplerOptions sampler;
  PrunerOptions pruner;
  int64_t most_retries = 2;
  template <class V>
  void visit(V& v) {
    v("space", space, "Options of run.yaml by their dotted names (optim.lr), and what each may become.");
    v("metric", metric, "What is sought.");
    v("sampler", sampler, "How settings are chosen.");
    v("pruner", pruner, "Which trials are stopped early.");
    v("most_retries", most_retries, "Times that a trial whose process was killed is taken up again.",
      in_range(0, 1000));
  }
};

}  // namespace rift::search
