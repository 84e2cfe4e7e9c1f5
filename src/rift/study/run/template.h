#pragma once

#include <filesystem>
#include <string>

#include "rift/base/json.h"
#include "rift/data/propose.h"

namespace rift::study {

/// The run.yaml that `rift init` writes for a proposal: commented, and running unedited. Paths in it are relative to
/// `file`'s folder.
std::string run_template(const data::Proposal& proposal, const std::filesystem::path& file);

/// What `rift init` says on stdout: columns by role and kind, suspected leaks with their evidence.
std::string proposal_text(const data::Proposal& proposal);
Json proposal_json(const data::Proposal& proposal);

}  // namespace rift::study
