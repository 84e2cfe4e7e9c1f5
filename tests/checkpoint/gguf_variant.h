#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/whole_files.h"
#include "rift/base/files.h"
#include "rift/checkpoint/format/gguf.h"

namespace rift::test {

/// A small model of tools/fixtures/checkpoint/gguf_models.py: "bert", "gemma3", "gpt2", "llama", "smollm", "qwen2",
/// "qwen3".
inline std::filesystem::path gguf_fixture(const std::string& name) {
  return "tests/checkpoint/fixtures/gguf_models/" + name + ".gguf";
}

/// What the libraries say of these models and of some texts.
inline const Json& gguf_expected() {
  static const Json json = read_json("tests/checkpoint/fixtures/gguf_models/expected.json");
  return json;
}

/// A GGUF file taken apart, to be changed and written again.
class GgufVariant {
 public:
  explicit GgufVariant(const std::string& fixture) {
    const auto file = checkpoint::format::Gguf::open(gguf_fixture(fixture));
    metadata_ = file.metadata();
    for (const auto& tensor : file.tensors()) {
      Tensor copy{.name = tensor.name, .type = file.type(tensor), .shape = tensor.shape, .bytes = {}};
      copy.bytes.resize(static_cast<size_t>(tensor.end - tensor.begin));
      file.read_stored(tensor, copy.bytes);
      tensors_.push_back(std::move(copy));
    }
  }

  void set(const std::string& key, checkpoint::format::GgufValue value) {
    erase(key);
    metadata_.emplace_back(key, std::move(value));
  }
  void set(const std::string& key, const char* text) {
    set(key, {checkpoint::format::GgufKind::kText, std::string(text)});
  }
  void set(const std::string& key, uint64_t number) { set(key, {checkpoint::format::GgufKind::kU32, number}); }
  void set(const std::string& key, double number) { set(key, {checkpoint::format::GgufKind::kF32, number}); }
  void set(const std::string& key, bool truth) {
    set(key, {checkpoint::format::GgufKind::kBool, uint64_t{truth ? 1U : 0U}});
  }
  void erase(const std::string& key) {
    std::erase_if(metadata_, [&](const auto& entry) { return entry.first == key; });
  }
  void rename(const std::string& tensor, const std::string& name) {
    std::ranges::find(tensors_, tensor, &Tensor::name)->name = name;
  }
  void add(const std::string& name, const std::vector<float>& values) {
    Tensor tensor{.name = name, .shape = {static_cast<int64_t>(values.size())}, .bytes = {}};
    const auto bytes = std::as_bytes(std::span(values));
    tensor.bytes.assign(bytes.begin(), bytes.end());
    tensors_.push_back(std::move(tensor));
  }

  std::filesystem::path write(const std::filesystem::path& path) const {
    std::vector<test::GgufTensorBytes> parts;
    for (const Tensor& tensor : tensors_) parts.push_back({tensor.name, tensor.type, tensor.shape, tensor.bytes});
    test::write_gguf(path, metadata_, parts);
    return path;
  }

 private:
  struct Tensor {
    std::string name;
    checkpoint::format::GgmlType type = checkpoint::format::GgmlType::kF32;
    std::vector<int64_t> shape;
    std::vector<std::byte> bytes;
  };
  checkpoint::format::GgufMetadata metadata_;
  std::vector<Tensor> tensors_;
};

}  // namespace rift::test
