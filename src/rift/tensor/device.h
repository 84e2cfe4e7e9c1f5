#pragma once

#include <c10/core/Device.h>

#include <string>
#include <string_view>

namespace rift::tensor {

/// The device that `--device` names: "cpu", "cuda" (the first GPU) or "cuda:1".
/// Throws kConfig for any other word, kUnsupported when this LibTorch was built without CUDA, kEnvironment when it was
/// built with CUDA but the machine shows no such GPU.
c10::Device parse_device(std::string_view name);

/// "LibTorch 2.13.0, AVX512, 2 threads, cpu": for the manifest and the log.
std::string describe_execution(const c10::Device& device);

}  // namespace rift::tensor
