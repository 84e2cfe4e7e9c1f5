#pragma once

#include <string>
#include <vector>

#include "rift/base/options.h"

namespace rift::test {

/// The options of a described struct as option_cases() names them: "optim.lr", "optim.beta1 of adam",
/// "optim.name = adam" for each of several alternatives, "data.columns.<name>".
inline void add_leaves(const OptionDoc& doc, const std::string& path, std::vector<std::string>& leaves) {
  const auto add = [&](const OptionDoc& field, const std::string& suffix) {
    const std::string own = path.empty() ? field.name : path + "." + field.name;
    const bool has_items = field.kind == OptionDoc::Kind::kMap || field.kind == OptionDoc::Kind::kList;
    const std::string item = field.kind == OptionDoc::Kind::kMap ? own + ".<name>" : own;
    if (field.kind == OptionDoc::Kind::kStruct)
      add_leaves(field, own, leaves);
    else if (has_items && field.fields.front().kind == OptionDoc::Kind::kStruct)
      add_leaves(field.fields.front(), item, leaves);
    else
      leaves.push_back(item + suffix);
  };
  for (const OptionDoc& field : doc.fields) add(field, "");
  for (const auto& [name, fields] : doc.choices) {
    if (doc.choices.size() > 1) leaves.push_back(path + "." + doc.choice_key + " = " + name);
    for (const OptionDoc& field : fields) add(field, " of " + name);
  }
}

inline std::vector<std::string> leaves_of(const OptionDoc& doc) {
  std::vector<std::string> leaves;
  add_leaves(doc, "", leaves);
  return leaves;
}

}  // namespace rift::test
