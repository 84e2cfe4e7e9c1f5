#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/format/safetensors.h"
#include "rift/tensor/lazy_tensors.h"
#include "rift/tensor/tensor_map.h"

namespace rift::checkpoint {

using tensor::TensorMap;

at::ScalarType scalar_type(format::DType dtype);
format::DType format_dtype(at::ScalarType type);  // throws kUnsupported for types that safetensors files of rift lack

struct ReadTensorsOptions {
  bool floats_as_f32 = false;  // f16, bf16 and f64 become f32; whole numbers stay
  bool refuse_not_finite = true;
};

/// One tensor as a contiguous CPU copy of its own. Throws kArtefact naming file and tensor when a value is NaN or
/// infinite, also when it becomes so as f32.
at::Tensor read_tensor(const format::TensorArchive& file, const format::TensorInfo& tensor,
                       const ReadTensorsOptions& options = {});

/// All tensors of a file of any format that open_archive() opens.
TensorMap read_tensors(const format::TensorArchive& file, const ReadTensorsOptions& options = {});
TensorMap read_tensors(const std::filesystem::path& path, const ReadTensorsOptions& options = {});

/// Writes any tensors (other devices and strides are copied) atomically, reading one after the other; the same tensors
/// give the same bytes.
void write_tensors(const std::filesystem::path& path, const tensor::LazyTensors& tensors,
                   const format::Metadata& metadata = {{"format", "pt"}});
inline void write_tensors(const std::filesystem::path& path, const TensorMap& tensors,
                          const format::Metadata& metadata = {{"format", "pt"}}) {
  write_tensors(path, tensor::LazyTensors(tensors), metadata);
}

}  // namespace rift::checkpoint
