#pragma once

#include <string>
#include <vector>

#include "corrupt/torch/forge.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::test {

/// The tensors, all of f32, as torch.save writes a state_dict.
inline std::string torch_bytes(const checkpoint::TensorMap& tensors) {
  std::vector<forge::ZipPart> parts = {{.name = "pytorch_model/data.pkl"}};
  std::string entries;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor values = tensor.contiguous();
    const std::string key = std::to_string(parts.size() - 1);
    entries += forge::text(name) + forge::tensor({.storage = forge::storage("FloatStorage", key, values.numel()),
                                                  .sizes = values.sizes().vec(),
                                                  .strides = values.strides().vec()});
    parts.push_back({.name = "pytorch_model/data/" + key,
                     .data = {static_cast<const char*>(values.data_ptr()), static_cast<size_t>(values.nbytes())}});
  }
  parts.front().data = forge::pickle(forge::ordered_dict() + "(" + entries + "u");
  return forge::zip(parts);
}

}  // namespace rift::test
