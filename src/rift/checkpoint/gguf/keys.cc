#include "rift/checkpoint/gguf/keys.h"

#include <cmath>

#include "rift/base/error.h"

namespace rift::checkpoint {
namespace {

bool is_list(const format::GgufValue& value) { return value.data.index() >= 4; }

}  // namespace

GgufKeys::GgufKeys(const format::Gguf& file, std::string_view architecture)
    : file_(file), prefix_(std::string(architecture) + ".") {}

std::string GgufKeys::found(std::string_view key) {
  std::string name = prefix_ + std::string(key);
  asked_.insert(name);
  return file_.find_value(name) == nullptr ? "" : name;
}

std::optional<int64_t> GgufKeys::find_size(std::string_view key, int64_t most) {
  const std::string name = found(key);
  if (name.empty()) return std::nullopt;
  RIFT_REQUIRE(!is_list(*file_.find_value(name)), Code::kUnsupported,
               "{}: key '{}': a value for each layer is not implemented; take the model as safetensors",
               file_.file_name(), name);
  const int64_t value = file_.whole_number(name);
  RIFT_REQUIRE(value >= 1 && value <= most, Code::kArtefact,
               "{}: key '{}': expected a whole number from 1 to {}, got {}", file_.file_name(), name, most, value);
  return value;
}

int64_t GgufKeys::size(std::string_view key, int64_t most) {
  const auto value = find_size(key, most);
  RIFT_REQUIRE(value, Code::kArtefact, "{}: key '{}{}' is missing", file_.file_name(), prefix_, key);
  return *value;
}

std::optional<double> GgufKeys::find_positive(std::string_view key) {
  const std::string name = found(key);
  if (name.empty()) return std::nullopt;
  const double value = file_.number(name);
  RIFT_REQUIRE(std::isfinite(value) && value > 0, Code::kArtefact, "{}: key '{}': expected a number above 0, got {}",
               file_.file_name(), name, value);
  return value;
}

double GgufKeys::positive(std::string_view key) {
  const auto value = find_positive(key);
  RIFT_REQUIRE(value, Code::kArtefact, "{}: key '{}{}' is missing", file_.file_name(), prefix_, key);
  return *value;
}

std::optional<std::string> GgufKeys::find_text(std::string_view key) {
  const std::string name = found(key);
  if (name.empty()) return std::nullopt;
  return file_.text(name);
}

std::optional<bool> GgufKeys::find_truth(std::string_view key) {
  const std::string name = found(key);
  if (name.empty()) return std::nullopt;
  return file_.truth(name);
}

void GgufKeys::pass_over(std::string_view key) { found(key); }

void GgufKeys::require_all_known() const {
  for (const auto& [key, value] : file_.metadata()) {
    RIFT_REQUIRE(!key.starts_with(prefix_) || asked_.contains(key), Code::kUnsupported,
                 "{}: key '{}' is not understood; it may change what the model computes", file_.file_name(), key);
  }
}

}  // namespace rift::checkpoint
