#pragma once

#include <vector>

#include "rift/study/model_run.h"
#include "rift/study/run/options.h"

/// What run.yaml leaves to the program, as it was decided.
namespace rift::study {

struct Decided {
  const data::Dataset& dataset;
  const std::vector<Parts>& parts;    // of every split
  std::vector<const ModelRun*> runs;  // of every model
};

/// Sets in the resolved run.yaml what was left open: pooling, loss and metric of early stopping of a fine-tuning; the
/// calibration where all runs came to the same; the limits of the policy where there is one split. What differs
/// between models or splits stays open, so that the file gives the same run again.
void set_decided(const Decided& decided, RunOptions& resolved);

/// For rift.json and report.json: {"approve_below": .., "approve_below_from": "run.yaml" or "bad rate of the training
/// rows", "refuse_from": .., "refuse_from_from": "run.yaml" or "approve_below", "points": {..}}; null for a task
/// without decisions. `resolved`: resolved_policy() of `asked`.
Json policy_json(data::Task task, const score::PolicyOptions& asked, const score::PolicyOptions& resolved);

}  // namespace rift::study
