#include "rift/tensor/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/headeronly/version.h>

#include <charconv>

#include "rift/base/error.h"

namespace rift::tensor {

namespace {

c10::Device cuda_device(std::string_view name, int index) {
  RIFT_REQUIRE(
      at::globalContext().hasCUDA() || at::detail::getCUDAHooks().hasCUDA(), Code::kUnsupported,
      "--device {}: this LibTorch was built without CUDA; point RIFT_LIBTORCH at one that has it and build again, "
      "or use --device cpu",
      name);
  const int count = at::detail::getCUDAHooks().deviceCount();
  RIFT_REQUIRE(
      index < count, Code::kEnvironment,
      "--device {}: this machine shows {} GPUs; check the driver and CUDA_VISIBLE_DEVICES, or use --device cpu", name,
      count);
  return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

c10::Device parse_device(std::string_view name) {
  if (name == "cpu") return c10::Device(c10::DeviceType::CPU);
  if (name == "cuda") return cuda_device(name, 0);
  constexpr std::string_view kPrefix = "cuda:";
  if (name.starts_with(kPrefix)) {
    int index = -1;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + kPrefix.size(), end, index);
    if (parsed.ec == std::errc() && parsed.ptr == end && index >= 0 && index < 128) return cuda_device(name, index);
  }
  RIFT_FAIL(Code::kConfig, "--device: expected cpu, cuda or cuda:<number>, got '{}'", shorten(name));
}

std::string describe_execution(const c10::Device& device) {
  return fmt::format("LibTorch {}, {}, {} threads, {}", TORCH_VERSION, at::get_cpu_capability(), at::get_num_threads(),
                     device.str());
}

}  // namespace rift::tensor
