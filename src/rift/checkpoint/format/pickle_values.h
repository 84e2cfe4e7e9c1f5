#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/checkpoint/format/torch_pickle.h"

/// What the instructions of a torch pickle make, for pickle_machine.cc (the instructions) and torch_pickle.cc (the
/// mapping of tensors among what they made).
namespace rift::checkpoint::format {

enum class PickleKind : uint8_t {
  kNone,
  kBool,
  kInt,
  kFloat,
  kText,
  kTuple,
  kList,
  kDict,
  kOrderedDict,
  kGlobal,
  kStorage,
  kTensor
};
std::string_view kind_text(PickleKind kind);  // "a mapping"

using PickleId = uint32_t;  // place in PickleValues::values

/// Numbers by kind: kBool, kInt the value; kGlobal the place in the table of allowed names; kStorage, kTensor the place
/// in PickleValues::tensors.
struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  uint8_t depth = 0;  // 0 = holds nothing
  int64_t number = 0;
  std::string_view text;        // kText: bytes of the pickle
  std::vector<PickleId> items;  // kTuple, kList: in order; kDict, kOrderedDict: key, value, key, value, ...
};

struct PickleValues {
  std::vector<PickleValue> values;
  std::vector<PickledTensor> tensors;  // without names; a storage is one whose shape is empty and offset 0
  PickleId root = 0;
  const PickleValue& operator[](PickleId id) const { return values[id]; }
};

/// What a pickle may name. Nothing else is known, and what these mean is done by rift.
enum class PickleCallable { kOrderedDict, kRebuildTensor, kRebuildParameter, kStorageType };
struct AllowedPickleName {
  std::string_view module;
  std::string_view name;
  PickleCallable callable;
  DType dtype = DType::kF32;  // of a storage type
};
std::optional<size_t> find_allowed_name(std::string_view module, std::string_view name);  // its place in the table
const AllowedPickleName& allowed_name(size_t place);

/// True when every element of the view lies inside its storage.
bool view_fits(const PickledTensor& tensor);

/// Carries the instructions out. The values' texts are views into `bytes`. Throws as read_torch_pickle() does.
PickleValues run_pickle(std::span<const std::byte> bytes, const std::string& source, const PickleLimits& limits);

}  // namespace rift::checkpoint::format
