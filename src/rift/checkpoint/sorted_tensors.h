#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/checkpoint/name_map.h"

namespace rift::checkpoint {

using TensorsByName = std::map<std::string, const format::TensorInfo*, std::less<>>;  // canonical name -> tensor

/// The tensors of one file, sorted into what they are by their names alone.
struct SortedTensors {
  TensorsByName backbone;
  TensorsByName head;
  TensorsByName language;  // where it is wanted
  std::vector<NameMap::Dropped> dropped;
  std::vector<const format::TensorInfo*> extra;
};

/// Understands prefixes, names of other libraries and older ones, as map_names() says. Points into `tensors`. Throws
/// kArtefact: no encoder or several, an unknown prefix, two tensors that are the same of the model.
SortedTensors sort_tensors(std::span<const format::TensorInfo> tensors, const ModelLayout& layout,
                           const NameMapOptions& options, std::string_view file_name);

}  // namespace rift::checkpoint
