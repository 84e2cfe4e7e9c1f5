#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/checkpoint/format/dtype.h"

/// The pickle that torch.save puts into data.pkl, read as data: nothing that it names is imported or called. Of
/// pickle's instructions only those are known that torch's own writer uses for mappings of tensors (protocol 2), of
/// the names that a pickle may call only OrderedDict, torch._utils._rebuild_tensor_v2, _rebuild_parameter and the
/// storage types; everything else is an Error.
/// Source: Python's pickletools, torch/serialization.py, torch/_utils.py.
namespace rift::checkpoint::format {

/// A tensor as the pickle describes it: a view on one storage. Sizes, strides and offset are at least 0 and count
/// elements; the view stays inside the storage's `storage_elements`.
struct PickledTensor {
  std::string name;  // its key in the mapping
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
  int64_t offset = 0;
  std::string storage_key;  // decimal digits: the record data/<key>
  int64_t storage_elements = 0;
};

/// Bounds on files that nobody vouches for; every breach is an Error(kArtefact) naming the file and the limit.
struct PickleLimits {
  int64_t max_bytes = int64_t{64} << 20;
  int64_t max_stack = 1'000'000;
  int64_t max_memo = 1'000'000;
  int64_t max_values = 4'000'000;  // that the pickle makes, and places in containers that it fills
  int max_depth = 64;              // containers in containers, and open marks
  int64_t max_tensors = 100'000;
  int64_t max_rank = 8;
  int64_t max_name_bytes = 512;
};

/// The tensors of the state_dict in the pickle, in its order: the mapping at the top, or the one under "state_dict",
/// "model_state_dict" or "model" there. `source` names the pickle in messages. Throws kArtefact saying what was found
/// where; kUnsupported for what a pickle of torch may hold and rift does not read (whole modules, other protocols).
std::vector<PickledTensor> read_torch_pickle(std::span<const std::byte> bytes, const std::string& source,
                                             const PickleLimits& limits = {});

}  // namespace rift::checkpoint::format
