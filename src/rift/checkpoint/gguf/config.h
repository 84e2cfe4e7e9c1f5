#pragma once

#include "rift/base/json.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/gguf/tensor_names.h"

namespace rift::checkpoint {

/// The config.json of the model that a GGUF file was made from, as far as the file says it: sizes, norms, rotary
/// positions with their scaling, biases (by the tensors that are there), tied embeddings (no output.weight), ids of
/// special tokens. Settings that llama.cpp hard-codes for an architecture stand in it too.
/// A key of the architecture that is not understood is refused by name, as it may change what the model computes.
/// Throws kArtefact naming file and key (missing, of another kind, out of range, sizes that contradict each other),
/// kUnsupported (a rope scaling, values of each layer, an unknown key).
Json gguf_config(const format::Gguf& file, const GgufArchitecture& architecture);

/// "mean", "cls" or "last", as bert.pooling_type has it; "" when the file does not say. Throws kUnsupported.
std::string gguf_pooling(const format::Gguf& file, const GgufArchitecture& architecture);

}  // namespace rift::checkpoint
