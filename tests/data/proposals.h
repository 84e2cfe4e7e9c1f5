#pragma once

#include <algorithm>
#include <set>
#include <stdexcept>

#include "data/records.h"
#include "rift/base/options.h"
#include "rift/data/propose.h"

namespace rift::test {

inline data::Proposal propose_file(const std::filesystem::path& file, const std::string& label) {
  return data::propose({.source = file.string(), .label = label, .base_directory = {}});
}

/// The proposal as run.yaml gives it: written, read back, loaded.
inline data::Dataset run_unedited(const data::Proposal& proposal, const std::filesystem::path& base_directory = {}) {
  data::LoadSpec spec;
  spec.task = proposal.task;
  spec.base_directory = base_directory;
  read_options(parse_yaml(to_yaml_text(write_options(proposal.data)), "run.yaml"), "run.yaml", spec.data);
  read_options(parse_yaml(to_yaml_text(write_options(proposal.split)), "run.yaml"), "run.yaml", spec.split);
  return load_dataset(spec);
}

inline std::set<std::string> suspected(const data::Proposal& proposal) {
  std::set<std::string> names;
  for (const auto& column : proposal.columns) {
    if (column.suspected_leak) names.insert(column.name);
  }
  return names;
}

inline const data::ColumnProposal& column(const data::Proposal& proposal, std::string_view name) {
  const auto found = std::find_if(proposal.columns.begin(), proposal.columns.end(),
                                  [&](const data::ColumnProposal& one) { return one.name == name; });
  if (found == proposal.columns.end()) throw std::out_of_range(std::string(name));
  return *found;
}

}  // namespace rift::test
