#include "rift/checkpoint/class_head.h"

#include <string>
#include <vector>

namespace rift::checkpoint {

int64_t classifier_outputs(std::span<const format::TensorInfo> tensors, const ModelLayout& layout) {
  const std::string weight = layout.classifier + ".weight";
  std::vector<std::string> names = {weight};
  for (const Alias& alias : layout.aliases) {
    if (alias.name == weight) names.push_back(alias.in_files);
  }
  for (const format::TensorInfo& tensor : tensors) {
    for (const std::string& name : names) {
      const bool is_head = tensor.name == name || tensor.name.ends_with("." + name);
      if (is_head && tensor.shape.size() == 2 && tensor.shape[1] == layout.width) return tensor.shape[0];
    }
  }
  return 0;
}

}  // namespace rift::checkpoint
