#include "rift/checkpoint/format/tensor_archive.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "rift/base/error.h"

namespace rift::checkpoint::format {

int64_t TensorInfo::element_count() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

std::string shape_text(std::span<const int64_t> shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

int64_t checked_element_count(std::span<const int64_t> shape) {
  int64_t count = 1;
  bool is_empty = false;
  for (const int64_t size : shape) {
    is_empty |= size == 0;
    if (size < 0 || __builtin_mul_overflow(count, std::max<int64_t>(size, 1), &count)) return -1;
  }
  return is_empty ? 0 : count;
}

void TensorArchive::set_tensors(std::vector<TensorInfo> tensors) {
  tensors_ = std::move(tensors);
  by_name_.clear();
  by_name_.reserve(tensors_.size());
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const bool fresh = by_name_.emplace(tensors_[i].name, i).second;
    RIFT_CHECK(fresh);
  }
}

size_t TensorArchive::place_of(const TensorInfo& tensor) const {
  RIFT_CHECK(&tensor >= tensors_.data() && &tensor < tensors_.data() + tensors_.size());
  return static_cast<size_t>(&tensor - tensors_.data());
}

const TensorInfo* TensorArchive::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

const TensorInfo& TensorArchive::at(std::string_view name) const {
  const TensorInfo* tensor = find(name);
  if (tensor != nullptr) return *tensor;
  std::vector<std::string_view> names;
  for (const auto& [known, index] : by_name_) names.push_back(known);
  const std::string near = nearest_name(name, names);
  RIFT_FAIL(Code::kArtefact, "{}: no tensor '{}' among {}{}", file_name(), shorten(name), tensors_.size(),
            near.empty() ? std::string() : fmt::format("; the nearest is '{}'", shorten(near)));
}

}  // namespace rift::checkpoint::format
