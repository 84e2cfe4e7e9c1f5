#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "rift/checkpoint/model_layout.h"
#include "rift/checkpoint/peft_config.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::checkpoint {

/// The low-rank update of one linear map: W + scale * B A, with W [D_out,D_in]; of a convolution A is one of its own
/// kernel size and B one of 1 x 1.
struct LoraPair {
  std::string module;  // canonical: "bert.encoder.layer.0.attention.self.query"
  at::Tensor a;        // [rank,D_in], or [rank,C_in,K,K]
  at::Tensor b;        // [D_out,rank], or [C_out,rank,1,1]
  at::Tensor lengths;  // [D_out], of the rows (DoRA); undefined without
};

/// The scale of one linear map's input or output (IA3).
struct ScaleVector {
  std::string module;
  at::Tensor values;  // [D_in] or [D_out]
};

/// An adapter as PEFT keeps it in a directory: adapter_config.json and adapter_model.safetensors, or of older ones
/// adapter_model.bin.
struct PeftAdapter {
  PeftConfig config;
  std::vector<LoraPair> pairs;  // by module name, as the next one
  std::vector<ScaleVector> scales;
  TensorMap norms;            // weights and biases of norms, canonical names
  at::Tensor virtual_tokens;  // of prompt [P,token_dim] and prefix [P,layers*2*token_dim], else undefined
  TensorMap saved;            // of modules_to_save, canonical names: "classifier.weight", "bert.pooler.dense.bias"
};

/// Of an adapter on a model of this layout; tensors come as f32. Throws kArtefact naming the tensor (half a pair, wrong
/// shape, a module that the config does not name, NaN), kUnsupported for what rift does not compute (see
/// read_peft_config; embeddings).
PeftAdapter read_peft_directory(const std::filesystem::path& directory, const ModelLayout& layout);

/// Writes both files into an existing directory; peft.PeftModel.from_pretrained loads it. Throws kBug when a pair or a
/// saved tensor does not fit the config, kEnvironment when the disk refuses.
void write_peft_directory(const std::filesystem::path& directory, const PeftAdapter& adapter,
                          const ModelLayout& layout);

}  // namespace rift::checkpoint
