#include "rift/checkpoint/load_model.h"

#include "rift/base/error.h"
#include "rift/checkpoint/format/finite.h"
#include "rift/checkpoint/gguf/model.h"

namespace rift::checkpoint {

namespace {

/// NaN and infinity are refused as read_tensor() refuses them, a row at a time.
void require_finite(const StoredMatrix& matrix, std::string_view file, std::string_view name) {
  std::vector<float> row(static_cast<size_t>(matrix.columns()));
  for (int64_t i = 0; i < matrix.rows(); ++i) {
    matrix.read_rows(i, i + 1, row);
    RIFT_REQUIRE(format::count_not_finite(format::DType::kF32, std::as_bytes(std::span(row))) == 0, Code::kArtefact,
                 "{}: tensor '{}': row {} has values that are NaN or infinite; the file comes from a run that failed",
                 file, name, i);
  }
}

}  // namespace

LoadedModel load_model(std::shared_ptr<const format::TensorArchive> file, const ModelLayout& layout,
                       const NameMapOptions& options, const std::set<std::string>& keep_stored) {
  LoadedModel model;
  model.names = map_names(file->tensors(), layout, options, file->file_name());
  const auto* gguf = dynamic_cast<const GgufModel*>(file.get());
  for (const auto& entry : model.names.loaded) {
    const format::TensorInfo& info = file->at(entry.file_name);
    if (gguf != nullptr && keep_stored.contains(entry.name)) {
      if (auto stored = gguf->stored(info, entry.transposed)) {
        require_finite(*stored, file->file_name(), entry.file_name);
        model.stored.emplace(entry.name, std::move(*stored));
        continue;
      }
    }
    tensor::LazyTensor tensor{.shape = info.shape,
                              .dtype = format::is_floating(info.dtype) ? at::kFloat : scalar_type(info.dtype),
                              .read = [file, &info] { return read_tensor(*file, info, {.floats_as_f32 = true}); }};
    model.tensors.emplace(entry.name, entry.transposed ? tensor::transposed(std::move(tensor)) : std::move(tensor));
  }
  return model;
}

LoadedModel load_model(const HfDirectory& directory, const ModelLayout& layout, NameMapOptions options,
                       const std::set<std::string>& keep_stored) {
  options.architecture = directory.architecture();
  return load_model(open_weights(directory), layout, options, keep_stored);
}

}  // namespace rift::checkpoint
