#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"

namespace rift::encode::tabular {

struct CategoryOptions {
  int64_t min_rows = 5;
  int64_t max_categories = 1000;
  template <class V>
  void visit(V& v) {
    v("min_rows", min_rows, "A category with fewer training rows is treated as unknown.", at_least(1));
    v("max_categories", max_categories, "The most frequent ones are kept; the others are treated as unknown.",
      at_least(1));
  }
};

/// One category column -> ids for an embedding or a tree. Fitted on training rows only.
///   0 = missing, 1 = unknown (rare in training or never seen), 2.. = known, most frequent first, ties by bytes.
class CategoryEncoder {
 public:
  static constexpr int32_t kMissing = 0;
  static constexpr int32_t kUnknown = 1;
  static constexpr int32_t kFirst = 2;

  static CategoryEncoder fit(std::span<const std::optional<std::string_view>> training_values,
                             const CategoryOptions& options);
  int32_t encode(std::optional<std::string_view> value) const;
  int64_t ids() const { return kFirst + static_cast<int64_t>(names_.size()); }  // ids are in [0, ids())
  const std::vector<std::string>& names() const { return names_; }              // of ids 2..

  Json to_json() const;
  static CategoryEncoder from_json(const Json& json);  // throws kArtefact

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  void index();
  std::vector<std::string> names_;
  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> ids_;
};

}  // namespace rift::encode::tabular
