#pragma once

#include <ATen/ops/empty.h>

#include <string>

#include "checkpoint/key_sets.h"
#include "rift/base/random.h"
#include "rift/checkpoint/model_directory.h"
#include "support/temp_directory.h"

namespace rift::test {

/// A tensor of standard normals times .1 that depends on its name and shape alone.
inline at::Tensor seeded_tensor(const std::string& name, const std::vector<int64_t>& shape) {
  at::Tensor tensor = at::empty(shape);
  const CounterRandom random(std::hash<std::string>{}(name), 7);
  float* values = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i)
    values[i] = static_cast<float>(0.1 * random.normal(static_cast<uint64_t>(i)));
  return tensor;
}

/// Config of a BERT of 2 layers, width 8, with everything that transformers asks for.
inline Json small_config() {
  Json config = key_set("BertModel").config;
  config["hidden_act"] = "gelu";
  config["layer_norm_eps"] = 1e-12;
  config["attention_probs_dropout_prob"] = 0.1;
  config["hidden_dropout_prob"] = 0.1;
  config["pad_token_id"] = 0;
  return config;
}

inline checkpoint::ModelLayout small_layout() { return layout_of(small_config()); }

/// A Hugging Face directory with config and tokenizer but no weights yet.
inline checkpoint::HfDirectory small_directory(const TempDirectory& directory, const std::string& name = "base") {
  directory.write(name + "/config.json", to_json_text(small_config(), 2));
  std::string vocabulary;
  for (const char* word : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "loan", "was", "paid", "late", "##r"}) {
    vocabulary += std::string(word) + "\n";
  }
  directory.write(name + "/vocab.txt", vocabulary);
  directory.write(name + "/tokenizer_config.json", R"({"tokenizer_class":"BertTokenizer","do_lower_case":true})");
  return checkpoint::open_hf_directory(directory / name);
}

inline checkpoint::TensorMap small_tensors(int64_t num_labels, bool pooler = true,
                                           const Json& config = small_config()) {
  const checkpoint::ModelLayout layout = layout_of(config);
  auto list = layout.encoder;
  const auto append = [&](const std::vector<checkpoint::NamedShape>& more) {
    list.insert(list.end(), more.begin(), more.end());
  };
  if (pooler) append(layout.pooler);
  if (num_labels > 0) append(checkpoint::classifier_shapes(layout, num_labels));
  checkpoint::TensorMap tensors;
  for (const auto& entry : list) {
    tensors.emplace(entry.name, seeded_tensor(entry.name, entry.shape));
    if (entry.name.ends_with("LayerNorm.weight")) tensors[entry.name].add_(1.0);
  }
  return tensors;
}

/// A written model directory: binary head on the pooler unless said otherwise.
inline checkpoint::ModelDirectorySpec small_model(const TempDirectory& directory) {
  checkpoint::ModelDirectorySpec spec;
  spec.base = small_directory(directory);
  spec.layout = small_layout();
  spec.tensors = small_tensors(1);
  spec.labels = {"bad"};
  return spec;
}

}  // namespace rift::test
