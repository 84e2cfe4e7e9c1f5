#include "rift/base/error.h"
#include "rift/metrics/auc.h"
#include "rift/validate/evaluation.h"
#include "rift/validate/row_losses.h"

namespace rift::validate {
namespace {

PairedDifference by_delong(const JudgedRows& a, const JudgedRows& b) {
  const auto of_a = metrics::delong(a.label, a.score, a.weight);
  const auto of_b = metrics::delong(b.label, b.score, b.weight);
  if (of_a && of_b) {
    const metrics::AucDifference d = metrics::compare_auc(*of_a, *of_b);
    return {"auc", d.difference, PairedDifference::Noise{d.low, d.high, d.p}};
  }
  const auto area_a = metrics::auc(a.label, a.score, a.weight);
  const auto area_b = metrics::auc(b.label, b.score, b.weight);
  if (!area_a || !area_b) return {"auc", std::nullopt, std::nullopt};
  return {"auc", *area_a - *area_b, std::nullopt};
}

}  // namespace

PairedDifference compare_pair(const JudgedRows& a, const JudgedRows& b, const EvaluationOptions& options) {
  RIFT_CHECK(a.task == b.task && a.rows() == b.rows());
  if (a.task == data::Task::kBinary) return by_delong(a, b);
  std::vector<double> gain = row_losses(b);
  const std::vector<double> of_a = row_losses(a);
  for (size_t row = 0; row < gain.size(); ++row) gain[row] -= of_a[row];
  return difference_of_means(gain, a.weight, loss_name(a.task), options);
}

}  // namespace rift::validate
