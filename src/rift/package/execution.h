#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rift/score/scorer.h"

namespace rift::package {

/// "LibTorch 2.13.0, AVX512, 2 threads, cpu; encoders by own kernels: avx512": what a model would run on. Throws as
/// tensor::parse_device(), and kConfig when RIFT_INSTRUCTION_SET names what this CPU lacks.
std::string describe_execution(const std::string& device);

/// The precisions for whose products the instruction set in use has instructions: f32 always. Throws kConfig as above.
std::vector<score::Precision> native_precisions();

/// Why the model in `directory` (Hugging Face's, or a package's root) would run layer by layer in LibTorch, "" where
/// the fused engine runs it. Reads config.json alone. Throws kArtefact, kUnsupported for a model that rift cannot run
/// at all, and as tensor::parse_device().
std::string why_not_fused(const std::filesystem::path& directory, const std::string& device);

}  // namespace rift::package
