#pragma once

#include <string>

namespace rift::package {

/// "LibTorch 2.13.0, AVX512, 2 threads, cpu; encoders by own kernels: avx512": what a model would run on. Throws as
/// tensor::parse_device(), and kConfig when RIFT_INSTRUCTION_SET names what this CPU lacks.
std::string describe_execution(const std::string& device);

}  // namespace rift::package
