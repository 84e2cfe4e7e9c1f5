#pragma once

#include <string>

namespace rift::package {

/// "LibTorch 2.13.0, AVX512, 2 threads, cpu": what a model would run on. Throws as tensor::parse_device().
std::string describe_execution(const std::string& device);

}  // namespace rift::package
