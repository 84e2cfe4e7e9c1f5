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

/// config.json's rope_scaling; null where positions are not scaled. "linear" and "yarn" stand in the metadata. Of
/// "llama3" the file has only the divisors of the frequencies (rope_freqs.weight): Llama 3.1's settings are taken when
/// they give these divisors back, else the file is refused.
/// Throws kUnsupported for another scaling, kArtefact for a key that is missing or rope_freqs.weight of another shape.
Json gguf_rope_scaling(const format::Gguf& file, GgufKeys& keys, const RotaryPositions& rotary);

/// The divisors of the K/2 frequencies that llama.cpp writes for rope_scaling of type "llama3".
/// Source: convert_hf_to_gguf.py; transformers' modeling_rope_utils.py.
std::vector<float> llama3_rope_divisors(const Json& rope_scaling, const RotaryPositions& rotary);

}  // namespace rift::checkpoint
