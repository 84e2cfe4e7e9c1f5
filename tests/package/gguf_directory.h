#pragma once

#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "checkpoint/gguf_variant.h"
#include "rift/checkpoint/convert.h"
#include "rift/checkpoint/gguf/model.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/models/architecture.h"
#include "rift/package/gguf_export.h"
#include "rift/package/model_tokenizer.h"
#include "support/failure.h"
#include "support/temp_directory.h"

/// Hugging Face directories of decoders, made of the fixtures of GGUF, and back.
namespace rift::test {

/// A fixture as a Hugging Face directory; `change` may change its config, `leave_out` a tensor.
inline std::filesystem::path hf_directory(const TempDirectory& directory, const std::string& name,
                                          const std::function<void(Json&)>& change = {},
                                          const std::string& leave_out = "") {
  const std::filesystem::path folder = directory.folder(name);
  const auto model = checkpoint::GgufModel::open(gguf_fixture(name));
  Json config = model.config();
  if (change) change(config);
  write_file_atomic(folder / "config.json", to_json_text(config));
  checkpoint::TensorMap tensors = checkpoint::read_tensors(model, {.floats_as_f32 = true});
  tensors.erase(leave_out);
  tensors.emplace("score.weight", tensors.begin()->second.clone());  // what a fine-tuned model has beside
  checkpoint::write_tensors(folder / "model.safetensors", tensors);
  package::write_gguf_tokenizer(checkpoint::open_hf_directory(gguf_fixture(name)), folder);
  return folder;
}

/// A decoder of random weights that fit `config`, with the tokenizer of a fixture, whose size vocab_size becomes.
inline std::filesystem::path random_decoder(const TempDirectory& directory, const std::string& tokenizer, Json config) {
  const std::filesystem::path folder = directory.folder("random");
  const auto lists = checkpoint::open_hf_directory(gguf_fixture(tokenizer));
  config["vocab_size"] = lists.config.at("vocab_size");
  const auto layout = models::describe_text_model(config, "config.json").layout;
  checkpoint::TensorMap tensors;
  for (const auto* part : {&layout.encoder, &layout.language_head}) {
    for (const auto& tensor : *part) tensors.emplace(tensor.name, at::randn(tensor.shape_in_files()));
  }
  write_file_atomic(folder / "config.json", to_json_text(config));
  checkpoint::write_tensors(folder / "model.safetensors", tensors);
  package::write_gguf_tokenizer(lists, folder);
  return folder;
}

/// As rift models convert --to gguf writes it.
inline void convert_to_gguf(const std::filesystem::path& model, const std::filesystem::path& out,
                            checkpoint::FloatType type) {
  checkpoint::convert_model({.source = model,
                             .out = out,
                             .to = checkpoint::WeightsFormat::kGguf,
                             .dtype = type,
                             .max_shard_bytes = {},
                             .write_gguf_tokenizer = {},
                             .describe_for_gguf = package::describe_for_gguf});
}

/// The refusal of a fixture with another config; nothing is left of a file.
inline std::string refused_gguf(const std::string& name, const std::function<void(Json&)>& change,
                                const std::string& leave_out = "") {
  const TempDirectory directory;
  const std::filesystem::path model = hf_directory(directory, name, change, leave_out);
  const std::string message =
      failure([&] { convert_to_gguf(model, directory / "out.gguf", checkpoint::FloatType::kF16); });
  EXPECT_EQ(directory.names(), std::vector<std::string>{name});
  return message;
}

}  // namespace rift::test
