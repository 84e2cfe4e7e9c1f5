#include "rift/checkpoint/model_layout.h"

#include <algorithm>

namespace rift::checkpoint {

std::vector<int64_t> NamedShape::shape_in_files() const {
  return transposed_in_files ? std::vector<int64_t>(shape.rbegin(), shape.rend()) : shape;
}

bool ModelLayout::transposed_in_files(std::string_view name) const {
  const auto found = std::ranges::find(encoder, name, &NamedShape::name);
  return found != encoder.end() && found->transposed_in_files;
}

std::vector<NamedShape> classifier_shapes(const ModelLayout& layout, int64_t num_labels) {
  std::vector<NamedShape> shapes = {{layout.classifier + ".weight", {num_labels, layout.width}}};
  if (layout.classifier_has_bias) shapes.push_back({layout.classifier + ".bias", {num_labels}});
  return shapes;
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
