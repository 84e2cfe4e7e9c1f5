#include "rift/checkpoint/format/pickle_values.h"

#include <array>

#include "rift/base/error.h"

namespace rift::checkpoint::format {
namespace {

constexpr std::array<AllowedPickleName, 13> kAllowed = {{
    {"collections", "OrderedDict", PickleCallable::kOrderedDict},
    {"torch._utils", "_rebuild_tensor_v2", PickleCallable::kRebuildTensor},
    {"torch._utils", "_rebuild_parameter", PickleCallable::kRebuildParameter},
    {"torch", "FloatStorage", PickleCallable::kStorageType, DType::kF32},
    {"torch", "DoubleStorage", PickleCallable::kStorageType, DType::kF64},
    {"torch", "HalfStorage", PickleCallable::kStorageType, DType::kF16},
    {"torch", "BFloat16Storage", PickleCallable::kStorageType, DType::kBF16},
    {"torch", "LongStorage", PickleCallable::kStorageType, DType::kI64},
    {"torch", "IntStorage", PickleCallable::kStorageType, DType::kI32},
    {"torch", "ShortStorage", PickleCallable::kStorageType, DType::kI16},
    {"torch", "CharStorage", PickleCallable::kStorageType, DType::kI8},
    {"torch", "ByteStorage", PickleCallable::kStorageType, DType::kU8},
    {"torch", "BoolStorage", PickleCallable::kStorageType, DType::kBool},
}};

}  // namespace

std::string_view kind_text(PickleKind kind) {
  switch (kind) {
    case PickleKind::kNone:
      return "None";
    case PickleKind::kBool:
      return "true or false";
    case PickleKind::kInt:
      return "a whole number";
    case PickleKind::kFloat:
      return "a number";
    case PickleKind::kText:
      return "a text";
    case PickleKind::kTuple:
      return "a tuple";
    case PickleKind::kList:
      return "a list";
    case PickleKind::kDict:
    case PickleKind::kOrderedDict:
      return "a mapping";
    case PickleKind::kGlobal:
      return "a name of Python";
    case PickleKind::kStorage:
      return "a storage";
    case PickleKind::kTensor:
      return "a tensor";
  }
  RIFT_FAIL(Code::kBug, "kind of value without a text");
}

std::optional<size_t> find_allowed_name(std::string_view module, std::string_view name) {
  for (size_t i = 0; i < kAllowed.size(); ++i) {
    if (kAllowed[i].module == module && kAllowed[i].name == name) return i;
  }
  return std::nullopt;
}

const AllowedPickleName& allowed_name(size_t place) { return kAllowed.at(place); }

bool view_fits(const PickledTensor& tensor) {
  int64_t last = tensor.offset;  // the furthest element
  bool empty = false;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] == 0) {
      empty = true;
      continue;
    }
    int64_t reach = 0;
    if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &reach)) return false;
    if (__builtin_add_overflow(last, reach, &last)) return false;
  }
  return empty ? tensor.offset <= tensor.storage_elements : last < tensor.storage_elements;
}

}  // namespace rift::checkpoint::format
