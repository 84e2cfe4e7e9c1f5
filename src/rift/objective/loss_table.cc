#include "rift/objective/loss_table.h"

#include <array>
#include <string>
#include <variant>

#include "rift/base/error.h"

namespace rift::objective {
namespace {

// In the order of kLossNames.
constexpr std::array<LossFacts, kLossNames.size()> kFacts = {{
    {.name = "automatic"},
    {.name = "bce", .binary = true, .labels = true},
    {.name = "cross_entropy", .classes = true, .ordered = true},
    {.name = "focal", .binary = true, .classes = true, .ordered = true, .labels = true, .is_probability = false},
    {.name = "asymmetric", .binary = true, .labels = true, .is_probability = false},
    {.name = "mse", .value = true},
    {.name = "huber", .value = true},
    {.name = "quantile", .value = true, .form = Form::kQuantiles},
    {.name = "poisson", .value = true, .form = Form::kPositive},
    {.name = "gamma", .value = true, .form = Form::kPositive},
    {.name = "tweedie", .value = true, .form = Form::kPositive},
    {.name = "corn", .ordered = true, .form = Form::kConditional},
    {.name = "auc", .binary = true, .is_probability = false, .by_pairs = true},
}};

constexpr bool in_order() {
  for (size_t i = 0; i < kFacts.size(); ++i) {
    if (kFacts[i].name != kLossNames[i]) return false;
  }
  return true;
}
static_assert(in_order());

LossOptions likelihood_of(Target target) {
  switch (target) {
    case Target::kBinary:
    case Target::kLabels:
      return {BceLoss{}};
    case Target::kClasses:
      return {CrossEntropyLoss{}};
    case Target::kOrdered:
      return {CornLoss{}};
    case Target::kValue:
      return {MseLoss{}};
  }
  RIFT_FAIL(Code::kBug, "target without a loss");
}

}  // namespace

void LossOptions::check(std::string_view path) const {
  const auto* quantile = std::get_if<QuantileLoss>(&kind);
  if (quantile == nullptr) return;
  RIFT_REQUIRE(!quantile->levels.empty(), Code::kConfig, "{}.levels: expected at least one level", path);
  double before = 0.0;
  for (const double level : quantile->levels) {
    RIFT_REQUIRE(level > before && level < 1.0, Code::kConfig,
                 "{}.levels: expected levels that rise between 0 and 1, such as [0.1, 0.5, 0.9], got {} after {}", path,
                 level, before);
    before = level;
  }
}

bool LossFacts::fits(Target target) const {
  switch (target) {
    case Target::kBinary:
      return binary;
    case Target::kClasses:
      return classes;
    case Target::kOrdered:
      return ordered;
    case Target::kLabels:
      return labels;
    case Target::kValue:
      return value;
  }
  return false;
}

const LossFacts& facts_of(const LossOptions& loss) { return kFacts[loss.kind.index()]; }

LossOptions resolve_loss(const LossOptions& asked, Target target) {
  if (std::holds_alternative<AutomaticLoss>(asked.kind)) return likelihood_of(target);
  if (facts_of(asked).fits(target)) return asked;
  std::string fitting;
  for (const LossFacts& facts : kFacts) {
    if (facts.fits(target)) fitting += fmt::format("{}'{}'", fitting.empty() ? "" : ", ", facts.name);
  }
  RIFT_FAIL(Code::kConfig, "objective.loss: '{}' does not fit this task; use {}, or leave it out", asked.name(),
            fitting);
}

bool gives_probabilities(const LossOptions& loss) {
  if (const auto* bce = std::get_if<BceLoss>(&loss.kind)) return bce->pos_weight == 1.0;
  if (const auto* entropy = std::get_if<CrossEntropyLoss>(&loss.kind)) return entropy->label_smoothing == 0.0;
  return facts_of(loss).is_probability;
}

int64_t head_outputs(const LossOptions& loss, Target target, int64_t classes) {
  if (const auto* quantile = std::get_if<QuantileLoss>(&loss.kind)) {
    return static_cast<int64_t>(quantile->levels.size());
  }
  if (target == Target::kBinary || target == Target::kValue) return 1;
  return facts_of(loss).form == Form::kConditional ? classes - 1 : classes;
}

std::string_view label_range(const LossOptions& loss) {
  if (std::holds_alternative<GammaLoss>(loss.kind)) return "> 0";
  return facts_of(loss).form == Form::kPositive ? ">= 0" : "a number";
}

bool takes_label(const LossOptions& loss, double label) {
  if (std::holds_alternative<GammaLoss>(loss.kind)) return label > 0;
  return facts_of(loss).form != Form::kPositive || label >= 0;
}

}  // namespace rift::objective
