#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "models/load.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/checkpoint/format/safetensors.h"

namespace rift::test {

/// Names, types and shapes of one kind of checkpoint (tools/fixtures/checkpoint/key_sets.py).
struct KeySet {
  Json config;
  std::vector<checkpoint::format::TensorInfo> tensors;

  checkpoint::ModelLayout layout() const { return layout_of(config); }
  checkpoint::format::TensorInfo& at(std::string_view name) {
    return *std::find_if(tensors.begin(), tensors.end(), [&](const auto& tensor) { return tensor.name == name; });
  }
  void remove(std::string_view name) {
    std::erase_if(tensors, [&](const auto& tensor) { return tensor.name == name; });
  }
  void add(const std::string& name, std::vector<int64_t> shape) {
    tensors.push_back({.name = name, .shape = std::move(shape)});
  }
};

inline KeySet key_set(std::string_view name) {
  constexpr const char* kFile = "tests/checkpoint/fixtures/key_sets.json";
  static const Json all = parse_json(read_file(kFile), kFile);
  KeySet set;
  set.config = all.at("sets").at(name).at("config");
  for (const auto& entry : all.at("sets").at(name).at("tensors").as_array()) {
    checkpoint::format::TensorInfo tensor;
    tensor.name = entry.at(size_t{0}).as_string();
    tensor.dtype = checkpoint::format::parse_dtype(entry.at(size_t{1}).as_string()).value();
    for (const auto& size : entry.at(size_t{2}).as_array()) tensor.shape.push_back(size.as_int());
    set.tensors.push_back(std::move(tensor));
  }
  return set;
}

}  // namespace rift::test
