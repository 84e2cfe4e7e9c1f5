#include "rift/study/run/decided_options.h"

#include <algorithm>

#include "rift/study/run/directory.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

/// What a fine-tuning says of itself in its summary; nothing of another model.
void set_fine_tuned(const Decided& decided, const Json& summary, RunOptions& resolved) {
  set_pooling(summary, resolved);
  if (const Json* loss = summary.find("loss")) read_options(Json{{"loss", *loss}}, "summary", resolved.objective);
  const bool all_stop_by_validation =
      std::ranges::all_of(decided.parts, [](const Parts& one) { return !one.fit.validation.empty(); });
  const Json* best = summary.find("best");
  const Json* metric = best == nullptr ? nullptr : best->find("metric");
  // Without validation rows run.yaml may not name a metric (early_stopping.h); of several splits each has its own.
  if (metric == nullptr || !all_stop_by_validation || decided.parts.size() > 1) return;
  read_options(Json{{"metric", *metric}}, "summary", resolved.train.early_stopping);
}

score::CalibrationMethod calibration(const Decided& decided, score::CalibrationMethod asked) {
  if (decided.dataset.schema.task != data::Task::kBinary || decided.runs.empty()) return asked;
  const auto first = decided.runs.front()->calibrator.method();
  const bool agree = std::ranges::all_of(decided.runs, [&](const ModelRun* run) {
    return run->calibrated_on != CalibratedOn::kNothing && run->calibrator.method() == first;
  });
  return agree ? first : asked;
}

}  // namespace

void set_decided(const Decided& decided, RunOptions& resolved) {
  for (const ModelRun* run : decided.runs) set_fine_tuned(decided, run->summary, resolved);
  if (resolved.calibration == score::CalibrationMethod::kAutomatic)
    resolved.calibration = calibration(decided, resolved.calibration);
  if (decided.dataset.schema.task == data::Task::kBinary && decided.parts.size() == 1)
    resolved.policy = resolved_policy(resolved.policy, decided.dataset, decided.parts.front().fit.train);
}

Json policy_json(data::Task task, const score::PolicyOptions& asked, const score::PolicyOptions& resolved) {
  if (task != data::Task::kBinary) return nullptr;
  return Json{{"approve_below", *resolved.approve_below},
              {"approve_below_from", asked.approve_below ? "run.yaml" : "bad rate of the training rows"},
              {"refuse_from", *resolved.refuse_from},
              {"refuse_from_from", asked.refuse_from ? "run.yaml" : "approve_below"},
              {"points", write_options(resolved.points)}};
}

}  // namespace rift::study
