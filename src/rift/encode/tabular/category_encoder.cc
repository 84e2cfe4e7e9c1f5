#include "rift/encode/tabular/category_encoder.h"

#include <algorithm>

#include "rift/base/error.h"

namespace rift::encode::tabular {

CategoryEncoder CategoryEncoder::fit(std::span<const std::optional<std::string_view>> training_values,
                                     const CategoryOptions& options) {
  std::unordered_map<std::string_view, int64_t> counts;
  for (const auto& value : training_values)
    if (value) ++counts[*value];
  std::vector<std::pair<int64_t, std::string_view>> kept;
  for (const auto& [name, count] : counts)
    if (count >= options.min_rows) kept.emplace_back(-count, name);
  std::sort(kept.begin(), kept.end());
  kept.resize(std::min(kept.size(), static_cast<size_t>(options.max_categories)));

  CategoryEncoder encoder;
  for (const auto& [count, name] : kept) encoder.names_.emplace_back(name);
  encoder.index();
  return encoder;
}

void CategoryEncoder::index() {
  for (size_t i = 0; i < names_.size(); ++i) {
    const bool is_new = ids_.emplace(names_[i], kFirst + static_cast<int32_t>(i)).second;
    RIFT_REQUIRE(is_new, Code::kArtefact, "category encoder: name {} of the list stands there twice", i);
  }
}

int32_t CategoryEncoder::encode(std::optional<std::string_view> value) const {
  if (!value) return kMissing;
  const auto found = ids_.find(*value);
  return found == ids_.end() ? kUnknown : found->second;
}

Json CategoryEncoder::to_json() const { return Json{{"names", Json(names_)}}; }

CategoryEncoder CategoryEncoder::from_json(const Json& json) {
  CategoryEncoder encoder;
  for (const Json& name : json.at("names").as_array()) encoder.names_.push_back(name.as_string());
  encoder.index();
  return encoder;
}

}  // namespace rift::encode::tabular
