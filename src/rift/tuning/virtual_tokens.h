#pragma once

/// Names of the parameters of prompt and prefix in a model's store; no checkpoint has them.
namespace rift::tuning {

inline constexpr const char* kPromptName = "prompt_embeddings";
inline constexpr const char* kPrefixName = "prefix_embeddings";

}  // namespace rift::tuning
