#pragma once

#include <string>

namespace rift::test {

/// Architectures with a fixture of tools/fixtures/models/encoders_golden.py.
inline constexpr const char* kTinyEncoders[] = {"roberta", "xlm_roberta", "distilbert",
                                                "electra", "modernbert",  "modernbert_mean"};

/// The same of tools/fixtures/models/decoders_golden.py.
inline constexpr const char* kTinyDecoders[] = {"gpt2", "llama", "llama_biased", "mistral", "qwen2", "qwen3", "gemma3"};

inline std::string tiny_folder(const std::string& name) { return "tests/models/fixtures/tiny_" + name; }

}  // namespace rift::test
