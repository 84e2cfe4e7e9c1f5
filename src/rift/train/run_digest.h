#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/models/options.h"
#include "rift/train/options.h"
#include "rift/train/text_task.h"

namespace rift::train {

struct RunDigestSpec {
  const FineTuneOptions& options;
  const LabelledRows& train;
  const LabelledRows& validation;
  const std::string& weights_sha256;
  const Json& config;  // config.json of the pretrained model
  models::Pooling pooling;
  std::vector<std::string> texts = {};  // digests of what else is read: texts without labels, a file of rates
};

/// SHA-256 over everything that decides what a run computes: settings, rows as the model reads them, labels, weights
/// and the pretrained model with its configuration and the pooling that was resolved. Settings that may change when a
/// run goes on (how often checkpoints are written, how many are kept, where the backbone and texts lie) are left out.
std::string run_digest(const RunDigestSpec& spec);

}  // namespace rift::train
