#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/models/options.h"
#include "rift/train/options.h"
#include "rift/train/text_task.h"

/// What a run is made from, so that one that was stopped goes on as the same run or not at all. Kept with every
/// checkpoint; where it differs, a resumed run is refused by the names that differ (base/json_difference.h).
namespace rift::train {

struct RunOriginSpec {
  const FineTuneOptions& options;
  const LabelledRows& train;
  const LabelledRows& validation;
  const std::string& weights_sha256;
  const Json& config;  // config.json of the pretrained model
  models::Pooling pooling;
  std::vector<std::string> texts = {};  // digests of what else is read: texts without labels, a file of rates
  Json made_from = {};                  // what the caller knows of: files, split ...; null = nothing
};

/// {"settings", "rows", "model", "texts", "libraries", "made_from"}: digests of rows as the model reads them, with
/// their labels and weights, of the weights and texts; the pretrained model's configuration and the pooling that was
/// resolved. Settings that may change when a run goes on (how often checkpoints are written, how many are kept, how
/// many epochs come on top, where figures go, where the backbone and texts lie) are left out.
Json run_origin(const RunOriginSpec& spec);

/// `train` and `optim` without the settings that may change when a run goes on.
Json lasting_settings(TrainOptions train);
Json lasting_settings(optim::OptimOptions optim);

/// Versions of the program and of what computes in it.
Json libraries();

}  // namespace rift::train
