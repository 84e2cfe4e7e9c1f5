#include "rift/checkpoint/model_layout.h"

#include <algorithm>

namespace rift::checkpoint {

std::vector<NamedShape> classifier_shapes(const ModelLayout& layout, int64_t num_labels) {
  return {{layout.classifier + ".weight", {num_labels, layout.width}}, {layout.classifier + ".bias", {num_labels}}};
}

std::string top_module(std::string_view base_prefix, std::string_view canonical_name) {
  if (canonical_name.starts_with(base_prefix)) canonical_name.remove_prefix(base_prefix.size());
  return std::string(canonical_name.substr(0, canonical_name.find('.')));
}

bool is_of_head(const ModelLayout& layout, std::string_view canonical_name) {
  if (!layout.base_prefix.empty() && canonical_name.starts_with(layout.base_prefix)) return false;
  const std::string module = top_module(layout.base_prefix, canonical_name);
  return module == top_module(layout.base_prefix, layout.classifier) ||
         std::ranges::any_of(layout.pooler, [&](const NamedShape& part) {
           return !part.name.starts_with(layout.base_prefix) && module == top_module(layout.base_prefix, part.name);
         });
}

}  // namespace rift::checkpoint
