#pragma once

#include <string>

namespace rift::test {

/// Architectures with a fixture of tools/fixtures/models/encoders_golden.py.
inline constexpr const char* kTinyEncoders[] = {"roberta", "xlm_roberta", "distilbert",
                                                "electra", "modernbert",  "modernbert_mean"};

inline std::string tiny_folder(const std::string& name) { return "tests/models/fixtures/tiny_" + name; }

}  // namespace rift::test
