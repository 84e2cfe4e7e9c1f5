#pragma once

#include <string>
#include <vector>

#include "rift/study/model_run.h"

namespace rift::study {

struct Member {
  std::string name;
  const ModelRun* run;  // with out-of-fold scores and a scorer
};

/// Stacks members that were fitted on one split: weights from their out-of-fold scores of the known rows, then the
/// members as they are. Its own scores need no member to speak again.
ModelRun run_fusion(const std::vector<Member>& members, const RunSpec& spec);

}  // namespace rift::study
