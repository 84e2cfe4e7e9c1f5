#include "rift/package/execution.h"

#include <fmt/format.h>

#include "rift/checkpoint/hf_directory.h"
#include "rift/models/text_classifier.h"
#include "rift/nn/kernels/instruction_set.h"
#include "rift/tensor/aten_threads.h"
#include "rift/tensor/device.h"

namespace rift::package {

std::string describe_execution(const std::string& device) {
  tensor::apply_threads();
  const c10::Device parsed = tensor::parse_device(device);
  const std::string libtorch = tensor::describe_execution(parsed);
  if (!parsed.is_cpu()) return libtorch;
  return fmt::format("{}; encoders by own kernels: {}", libtorch, nn::kernels::name_of(nn::kernels::instruction_set()));
}

std::vector<score::Precision> native_precisions() {
  const nn::kernels::InstructionSet set = nn::kernels::instruction_set();
  std::vector<score::Precision> native = {score::Precision::kF32};
  if (nn::kernels::multiplies_bf16(set)) native.push_back(score::Precision::kBf16);
  if (nn::kernels::multiplies_bytes(set)) native.push_back(score::Precision::kInt8);
  return native;
}

std::string why_not_fused(const std::filesystem::path& directory, const std::string& device) {
  const checkpoint::HfDirectory model = checkpoint::open_hf_directory(directory);
  return models::why_not_fused(
      {.config = model.config, .config_file = model.config_path().string(), .device = tensor::parse_device(device)});
}

}  // namespace rift::package
