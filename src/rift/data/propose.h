#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rift/data/options.h"

namespace rift::data {

/// What `rift init` says of a column.
struct ColumnProposal {
  std::string name;
  Kind kind = Kind::kNumber;
  Role role = Role::kFeature;
  std::string why;              // of a role other than feature, or of a kind that is not the stored type
  bool suspected_leak = false;  // then kind is kIgnore
  double missing_share = 0.0;
  int64_t distinct = 0;
};

struct Proposal {
  Task task = Task::kBinary;
  DataOptions data;
  SplitOptions split;
  std::vector<ColumnProposal> columns;  // in source order
  int64_t rows = 0;
  std::vector<std::string> notes;  // sentences for the comments of run.yaml
};

struct ProposeSpec {
  std::string source;
  std::string label;
  std::filesystem::path base_directory;
};

/// Looks at the data and guesses task, roles, kinds, a split and suspected outcome columns (what was known only after
/// the decision), without knowing any column's name. The result, written as run.yaml, runs unedited.
Proposal propose(const ProposeSpec& spec);

/// The task alone, by the label alone; no other column is read. Throws as propose() does of the label.
Task guess_task(const ProposeSpec& spec);

}  // namespace rift::data
