#pragma once

#include <span>

#include "rift/base/json.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/gguf/keys.h"

namespace rift::checkpoint {

struct RotaryPositions {
  int64_t head_width = 0;
  double theta = 10'000;
};

inline constexpr std::string_view kLinearRope = "linear";
inline constexpr std::string_view kYarnRope = "yarn";
inline constexpr std::string_view kLlama3Rope = "llama3";

/// YaRN's settings of turns: the key of an architecture, the name in rope_scaling, what a file without the key means.
struct YarnTurns {
  std::string_view key;
  std::string_view name;
  double usual = 0;
};
inline constexpr YarnTurns kYarnTurns[] = {{"rope.scaling.yarn_beta_fast", "beta_fast", 32},
                                           {"rope.scaling.yarn_beta_slow", "beta_slow", 1}};

/// Of a rope_scaling that leaves nothing out; "" for null.
std::string_view rope_scaling_type(const Json& rope_scaling);

/// Throws kUnsupported naming what of `settings`' rope_scaling a file cannot say, or says so that gguf_rope_scaling()
/// would not get it back. `settings` as for gguf_metadata(). A file has a key for YaRN's amplitude, but llama.cpp
/// (llama-context.cpp) puts what follows from the factor in its place.
void require_gguf_rope_scaling(const Json& settings, std::string_view source);

/// config.json's rope_scaling; null where positions are not scaled. "linear" and "yarn" stand in the metadata. Of
/// "llama3" the file has only the divisors of the frequencies (rope_freqs.weight): Llama 3.1's settings are taken when
/// they give these divisors back, else the file is refused.
/// Throws kUnsupported for another scaling, kArtefact for a key that is missing or rope_freqs.weight of another shape.
Json gguf_rope_scaling(const format::Gguf& file, GgufKeys& keys, const RotaryPositions& rotary);

RotaryPositions rotary_positions(const Json& settings);

/// The divisors of the K/2 frequencies that llama.cpp writes for rope_scaling of type "llama3".
/// Source: convert_hf_to_gguf.py; transformers' modeling_rope_utils.py.
std::vector<float> llama3_rope_divisors(const Json& rope_scaling, const RotaryPositions& rotary);

}  // namespace rift::checkpoint
