#include "rift/checkpoint/format/torch_pickle.h"

#include <fmt/ranges.h>

#include <unordered_set>

#include "rift/base/error.h"
#include "rift/checkpoint/format/name_text.h"
#include "rift/checkpoint/format/pickle_values.h"

namespace rift::checkpoint::format {
namespace {

using enum PickleKind;

constexpr std::string_view kUsualKeys[] = {"state_dict", "model_state_dict", "model"};

bool is_mapping(const PickleValue& value) { return value.kind == kDict || value.kind == kOrderedDict; }

/// Finds the state_dict among what a pickle made.
class StateFinder {
 public:
  StateFinder(PickleValues made, const std::string& source, const PickleLimits& limits)
      : made_(std::move(made)), source_(source), limits_(limits) {}

  std::vector<PickledTensor> find() {
    const PickleValue& root = made_[made_.root];
    if (is_mapping(root) && (holds_tensors(root) || root.items.empty())) return tensors_of(root, "");
    for (const std::string_view key : kUsualKeys) {
      const PickleValue* value = is_mapping(root) ? entry(root, key) : nullptr;
      if (value != nullptr && is_mapping(*value) && holds_tensors(*value)) {
        return tensors_of(*value, fmt::format("{}: ", key));
      }
    }
    RIFT_FAIL(Code::kArtefact,
              "{}: expected a state_dict (names and tensors) at the top or under {}; found {}. In Python: "
              "torch.save(model.state_dict(), FILE)",
              source_, fmt::join(kUsualKeys, ", "), description(root));
  }

 private:
  bool holds_tensors(const PickleValue& mapping) const {
    for (size_t i = 1; i < mapping.items.size(); i += 2) {
      if (made_[mapping.items[i]].kind == kTensor) return true;
    }
    return false;
  }

  const PickleValue* entry(const PickleValue& mapping, std::string_view key) const {
    for (size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
      const PickleValue& found = made_[mapping.items[i]];
      if (found.kind == kText && found.text == key) return &made_[mapping.items[i + 1]];
    }
    return nullptr;
  }

  std::string description(const PickleValue& value) const {
    if (!is_mapping(value)) return std::string(kind_text(value.kind));
    constexpr size_t kMostNames = 5;
    std::vector<std::string> names;
    for (size_t i = 0; i + 1 < value.items.size() && names.size() < kMostNames; i += 2) {
      const PickleValue& key = made_[value.items[i]];
      names.push_back(key.kind == kText ? "'" + shown_name(key.text) + "'" : std::string(kind_text(key.kind)));
    }
    return fmt::format("a mapping of {} entries ({}{})", value.items.size() / 2, fmt::join(names, ", "),
                       value.items.size() / 2 > names.size() ? ", ..." : "");
  }

  std::vector<PickledTensor> tensors_of(const PickleValue& mapping, const std::string& place) const {
    const auto count = static_cast<int64_t>(mapping.items.size() / 2);
    RIFT_REQUIRE(count <= limits_.max_tensors, Code::kArtefact, "{}: {}{} tensors, the limit is {}", source_, place,
                 count, limits_.max_tensors);
    std::vector<PickledTensor> tensors;
    std::unordered_set<std::string_view> names;
    for (size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
      const PickleValue& key = made_[mapping.items[i]];
      RIFT_REQUIRE(key.kind == kText, Code::kArtefact, "{}: {}a key is {}, expected a tensor's name", source_, place,
                   kind_text(key.kind));
      const bool fits = !key.text.empty() && static_cast<int64_t>(key.text.size()) <= limits_.max_name_bytes;
      RIFT_REQUIRE(fits && is_printable_ascii(key.text), Code::kArtefact,
                   "{}: {}tensor '{}': expected a name of 1 to {} printable ASCII bytes", source_, place,
                   shown_name(key.text), limits_.max_name_bytes);
      RIFT_REQUIRE(names.insert(key.text).second, Code::kArtefact, "{}: {}two tensors are called '{}'", source_, place,
                   shown_name(key.text));
      const PickleValue& value = made_[mapping.items[i + 1]];
      RIFT_REQUIRE(value.kind == kTensor, Code::kArtefact,
                   "{}: {}'{}' is {}, expected a tensor; a state_dict holds "
                   "nothing else",
                   source_, place, shown_name(key.text), kind_text(value.kind));
      tensors.push_back(made_.tensors[static_cast<size_t>(value.number)]);
      tensors.back().name = key.text;
    }
    return tensors;
  }

  PickleValues made_;
  const std::string& source_;
  const PickleLimits& limits_;
};

}  // namespace

std::vector<PickledTensor> read_torch_pickle(std::span<const std::byte> bytes, const std::string& source,
                                             const PickleLimits& limits) {
  return StateFinder(run_pickle(bytes, source, limits), source, limits).find();
}

}  // namespace rift::checkpoint::format
