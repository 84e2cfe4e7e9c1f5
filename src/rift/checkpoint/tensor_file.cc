#include "rift/checkpoint/tensor_file.h"

#include <ATen/ops/empty.h>

#include <array>
#include <utility>

#include "rift/base/error.h"
#include "rift/checkpoint/format/finite.h"
#include "rift/checkpoint/format/tensor_writers.h"

namespace rift::checkpoint {
namespace {

constexpr std::array<std::pair<format::DType, at::ScalarType>, 10> kTypes = {{
    {format::DType::kBool, at::kBool},
    {format::DType::kU8, at::kByte},
    {format::DType::kI8, at::kChar},
    {format::DType::kI16, at::kShort},
    {format::DType::kF16, at::kHalf},
    {format::DType::kBF16, at::kBFloat16},
    {format::DType::kI32, at::kInt},
    {format::DType::kF32, at::kFloat},
    {format::DType::kF64, at::kDouble},
    {format::DType::kI64, at::kLong},
}};

std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.data_ptr()), static_cast<size_t>(tensor.nbytes())};
}

void require_finite(const format::TensorArchive& file, const format::TensorInfo& tensor, format::DType dtype,
                    const at::Tensor& values) {
  const int64_t bad = format::count_not_finite(dtype, bytes_of(values));
  RIFT_REQUIRE(bad == 0, Code::kArtefact,
               "{}: tensor '{}': {} of its {} values are NaN or infinite{}; the file comes from a run that failed",
               file.file_name(), tensor.name, bad, values.numel(),
               dtype == tensor.dtype && tensor.stored_as.empty() ? "" : " as F32");
}

}  // namespace

at::ScalarType scalar_type(format::DType dtype) {
  for (const auto& [known, type] : kTypes) {
    if (known == dtype) return type;
  }
  RIFT_FAIL(Code::kBug, "element type without an ATen type");
}

format::DType format_dtype(at::ScalarType type) {
  for (const auto& [dtype, known] : kTypes) {
    if (known == type) return dtype;
  }
  RIFT_FAIL(Code::kUnsupported, "tensors of type {} cannot be written; safetensors files of rift hold {}",
            c10::toString(type), format::supported_dtype_names());
}

at::Tensor read_tensor(const format::TensorArchive& file, const format::TensorInfo& tensor,
                       const ReadTensorsOptions& options) {
  at::Tensor values = at::empty(tensor.shape, at::TensorOptions().dtype(scalar_type(tensor.dtype)));
  file.read(tensor, bytes_of(values));
  if (options.refuse_not_finite) require_finite(file, tensor, tensor.dtype, values);
  if (options.floats_as_f32 && format::is_floating(tensor.dtype) && tensor.dtype != format::DType::kF32) {
    values = values.to(at::kFloat);
    if (options.refuse_not_finite) require_finite(file, tensor, format::DType::kF32, values);
  }
  return values;
}

TensorMap read_tensors(const format::TensorArchive& file, const ReadTensorsOptions& options) {
  TensorMap tensors;
  for (const auto& tensor : file.tensors()) tensors.emplace(tensor.name, read_tensor(file, tensor, options));
  return tensors;
}

TensorMap read_tensors(const std::filesystem::path& path, const ReadTensorsOptions& options) {
  return read_tensors(*open_archive(path), options);
}

void write_tensors(const std::filesystem::path& path, const tensor::LazyTensors& tensors,
                   const format::Metadata& metadata) {
  std::vector<format::TensorSpec> specs;
  std::vector<const tensor::LazyTensor*> places;
  for (const auto& [name, tensor] : tensors) {
    specs.push_back({name, format_dtype(tensor.dtype), tensor.shape});
    places.push_back(&tensor);
  }
  at::Tensor current;
  format::stream_safetensors(path, specs, metadata, [&](size_t index) {
    current = at::Tensor();  // gone before the next one is made
    current = places[index]->read().detach().to(at::kCPU).contiguous();
    RIFT_CHECK(current.sizes() == at::IntArrayRef(places[index]->shape) &&
               current.scalar_type() == places[index]->dtype);
    return std::span<const std::byte>(bytes_of(current));
  });
}

}  // namespace rift::checkpoint
