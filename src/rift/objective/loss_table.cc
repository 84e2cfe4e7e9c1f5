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
    {.name = "bce", .binary = true},
    {.name = "cross_entropy", .classes = true},
    {.name = "focal", .binary = true, .classes = true, .is_probability = false},
    {.name = "asymmetric", .binary = true, .is_probability = false},
    {.name = "mse", .value = true},
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
      return {BceLoss{}};
    case Target::kClasses:
      return {CrossEntropyLoss{}};
    case Target::kValue:
      return {MseLoss{}};
  }
  RIFT_FAIL(Code::kBug, "target without a loss");
}

}  // namespace

bool LossFacts::fits(Target target) const {
  return target == Target::kBinary ? binary : target == Target::kClasses ? classes : value;
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

}  // namespace rift::objective
