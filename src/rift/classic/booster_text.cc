#include "rift/classic/booster_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "rift/base/error.h"

namespace rift::classic {
namespace {

constexpr int64_t kMostLeaves = 1 << 17;
constexpr std::string_view kEnd = "end of trees\n";
constexpr std::array<std::string_view, 3> kObjectives = {"binary", "multiclass", "regression"};  // that rift trains

using Lines = std::map<std::string_view, std::string_view>;

std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// A split of missing values from all others has an infinite threshold; the others are statistics that no score needs.
bool may_be_infinite(std::string_view key) {
  return key == "threshold" || key == "split_gain" || key == "leaf_weight" || key == "internal_value" ||
         key == "internal_weight";
}

/// What one part of the text says; throws naming the file and the part.
class Part {
 public:
  Part(std::string where, std::string_view text) : where_(std::move(where)) {
    while (!text.empty()) {
      const std::string_view line = next_line(text);
      if (line.empty()) {  // LightGBM reads no further
        require(text.find_first_not_of('\n') == std::string_view::npos, "empty line");
        break;
      }
      const size_t equals = line.find('=');
      require(
          equals != std::string_view::npos && lines_.emplace(line.substr(0, equals), line.substr(equals + 1)).second,
          line.substr(0, 20));
    }
  }

  void require(bool condition, std::string_view what) const {
    RIFT_REQUIRE(condition, Code::kArtefact, "{}: not a whole model text of LightGBM (at '{}')", where_,
                 shorten(what, 20));
  }
  bool has(std::string_view key) const { return lines_.contains(key); }
  const Lines& lines() const { return lines_; }

  std::vector<double> numbers(std::string_view key) const {
    const auto found = lines_.find(key);
    require(found != lines_.end(), key);
    std::vector<double> values;
    std::string_view left = found->second;
    while (!left.empty()) {
      double value = 0.0;
      const auto [end, error] = std::from_chars(left.data(), left.data() + left.size(), value);
      require(error == std::errc() && (std::isfinite(value) || may_be_infinite(key)), key);
      values.push_back(value);
      left.remove_prefix(static_cast<size_t>(end - left.data()));
      require(left.empty() || (left.front() == ' ' && left.size() > 1), key);
      if (!left.empty()) left.remove_prefix(1);
    }
    return values;
  }

  std::vector<int64_t> integers(std::string_view key, int64_t low, int64_t high) const {
    std::vector<int64_t> values;
    for (double value : numbers(key)) {
      require(value == std::floor(value) && value >= static_cast<double>(low) && value <= static_cast<double>(high),
              key);
      values.push_back(static_cast<int64_t>(value));
    }
    return values;
  }

  int64_t integer(std::string_view key, int64_t low, int64_t high) const {
    const std::vector<int64_t> values = integers(key, low, high);
    require(values.size() == 1, key);
    return values.front();
  }

 private:
  std::string where_;
  Lines lines_;
};

void check_lengths(const Part& tree, int64_t leaves, int64_t categories) {
  const int64_t splits = leaves - 1;
  const std::map<std::string_view, int64_t> lengths = {{"num_leaves", 1},
                                                       {"num_cat", 1},
                                                       {"split_feature", splits},
                                                       {"split_gain", splits},
                                                       {"threshold", splits},
                                                       {"decision_type", splits},
                                                       {"left_child", splits},
                                                       {"right_child", splits},
                                                       {"leaf_value", leaves},
                                                       {"leaf_weight", leaves},
                                                       {"leaf_count", leaves},
                                                       {"internal_value", splits},
                                                       {"internal_weight", splits},
                                                       {"internal_count", splits},
                                                       {"is_linear", 1},
                                                       {"shrinkage", 1}};
  for (const auto& [key, length] : lengths) {
    tree.require(static_cast<int64_t>(tree.numbers(key).size()) == length, key);
  }
  for (const auto& [key, value] : tree.lines())
    tree.require(lengths.contains(key) || key == "Tree" || (categories > 0 && key.starts_with("cat_")), key);
}

void check_tree(const Part& tree, int64_t features) {
  const int64_t leaves = tree.integer("num_leaves", 1, kMostLeaves);
  const int64_t categories = tree.integer("num_cat", 0, leaves - 1);
  check_lengths(tree, leaves, categories);
  tree.integer("is_linear", 0, 0);
  tree.integers("split_feature", 0, features - 1);
  if (categories > 0) {
    const auto boundaries = tree.integers("cat_boundaries", 0, std::numeric_limits<int32_t>::max());
    tree.require(static_cast<int64_t>(boundaries.size()) == categories + 1 && boundaries.front() == 0,
                 "cat_boundaries");
    for (size_t i = 1; i < boundaries.size(); ++i) tree.require(boundaries[i] > boundaries[i - 1], "cat_boundaries");
    const auto bits = tree.integers("cat_threshold", 0, std::numeric_limits<uint32_t>::max());
    tree.require(static_cast<int64_t>(bits.size()) == boundaries.back(), "cat_threshold");
  }
  const auto types = tree.integers("decision_type", 0, 15);
  const auto thresholds = tree.numbers("threshold");
  for (size_t i = 0; i < types.size(); ++i) {
    const bool is_category = (types[i] & 1) != 0;
    tree.require(!std::isnan(thresholds[i]), "threshold");
    tree.require(!is_category || (thresholds[i] == std::floor(thresholds[i]) && thresholds[i] >= 0.0 &&
                                  thresholds[i] < static_cast<double>(categories)),
                 "threshold");
  }
  std::vector<bool> is_child(static_cast<size_t>(2 * leaves), false);  // splits, then leaves
  for (const std::string_view side : {"left_child", "right_child"}) {
    const auto children = tree.integers(side, -leaves, leaves - 2);
    for (size_t parent = 0; parent < children.size(); ++parent) {
      const int64_t child = children[parent];
      const auto place = static_cast<size_t>(child >= 0 ? child : leaves + ~child);
      tree.require((child < 0 || child > static_cast<int64_t>(parent)) && !is_child[place], side);
      is_child[place] = true;
    }
  }
}

}  // namespace

std::string without_surroundings(std::string_view text) {
  std::string kept(text.substr(0, text.find("\nparameters:")));
  const size_t begin = kept.find("\nfeature_infos=");
  if (begin == std::string::npos) return kept;
  const size_t value = kept.find('=', begin) + 1, end = std::min(kept.find('\n', value), kept.size());
  std::string none;
  const auto spaces =
      std::count(kept.begin() + static_cast<int64_t>(value), kept.begin() + static_cast<int64_t>(end), ' ');
  for (int64_t feature = 0; feature <= spaces; ++feature) none += feature == 0 ? "none" : " none";
  return kept.replace(value, end - value, none);
}

void check_model_text(std::string_view text, int64_t features, const std::string& file) {
  const size_t blank = text.find("\n\n");
  RIFT_REQUIRE(
      text.starts_with("tree\n") && blank != std::string_view::npos && text.find('\0') == std::string_view::npos,
      Code::kArtefact, "{}: not a whole model text of LightGBM", file);
  const Part header(file + ": header", text.substr(5, blank - 5));
  for (const std::string_view key : {"version", "label_index", "objective", "feature_names", "feature_infos"})
    header.require(header.has(key), key);
  const std::string_view objective = header.lines().at("objective");
  header.require(std::ranges::find(kObjectives, objective.substr(0, objective.find(' '))) != kObjectives.end(),
                 "objective");
  const int64_t classes = header.integer("num_class", 1, 10'000);
  header.require(header.integer("num_tree_per_iteration", 1, 10'000) == classes, "num_tree_per_iteration");
  const int64_t got = header.integer("max_feature_idx", 0, std::numeric_limits<int32_t>::max()) + 1;
  RIFT_REQUIRE(got == features, Code::kArtefact, "{}: expected {} features, got {}", file, features, got);
  for (const std::string_view key : {"feature_names", "feature_infos"}) {
    const std::string_view words = header.lines().at(key);
    header.require(std::count(words.begin(), words.end(), ' ') == features - 1, key);
  }
  const auto sizes = header.integers("tree_sizes", 1, static_cast<int64_t>(text.size()));
  header.require(!sizes.empty() && static_cast<int64_t>(sizes.size()) % classes == 0, "tree_sizes");
  std::string_view left = text.substr(blank + 2);
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto size = static_cast<size_t>(sizes[i]);
    const std::string where = fmt::format("{}: tree {}", file, i);
    RIFT_REQUIRE(size <= left.size() && left.starts_with(fmt::format("Tree={}\n", i)), Code::kArtefact,
                 "{}: is cut off or not where it should be", where);
    const Part tree(where, left.substr(0, size));
    tree.require(left.substr(0, size).ends_with("\n\n"), "end");  // else LightGBM reads on into what follows
    check_tree(tree, features);
    left.remove_prefix(size);
  }
  RIFT_REQUIRE(left.starts_with(kEnd), Code::kArtefact, "{}: expected '{}' after the trees", file,
               kEnd.substr(0, kEnd.size() - 1));
}

}  // namespace rift::classic
