#include "support/client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "checkpoint/same_tensors.h"
#include "checkpoint/small_model.h"
#include "checkpoint/small_onnx.h"
#include "checkpoint/whole_files.h"
#include "rift/base/sha256.h"
#include "rift/checkpoint/convert.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/load_model.h"
#include "rift/checkpoint/peft_directory.h"
#include "support/outside_data.h"

// The other side of every file that rift writes or reads. Each script under clients/ checks what its first lines say.
namespace rift::checkpoint {
namespace {

using test::load_weights;
using test::run_client;
using test::seeded_tensor;
using test::small_layout;
using test::small_model;
using test::small_tensors;
using test::TempDirectory;

class Client : public testing::Test {
 protected:
  void SetUp() override { RIFT_SKIP_WITHOUT_CLIENTS(); }
  void expect_agrees(const std::string& script) {
    const auto run = run_client("tests/checkpoint/clients/" + script, {directory_.path()});
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_NE(run.output.find("all checks hold"), std::string::npos) << run.output;
  }
  TempDirectory directory_;
};

PeftAdapter small_adapter(PeftTask task) {
  PeftAdapter adapter;
  adapter.config = {
      .task = task, .rank = 2, .alpha = 6, .target_modules = {"query", "value"}, .modules_to_save = {"classifier"}};
  for (int layer = 0; layer < 2; ++layer) {
    for (const char* part : {"query", "value"}) {
      const std::string module = fmt::format("bert.encoder.layer.{}.attention.self.{}", layer, part);
      adapter.pairs.push_back({module, seeded_tensor(module + "A", {2, 8}), seeded_tensor(module + "B", {8, 2})});
    }
  }
  adapter.saved = {{"classifier.weight", seeded_tensor("tuned weight", {1, 8})},
                   {"classifier.bias", seeded_tensor("tuned bias", {1})}};
  return adapter;
}

TEST_F(Client, SafetensorsLibraryReadsOursAndWritesTheSameBytes) {
  TensorMap tensors;
  for (const at::ScalarType type : {at::kBool, at::kByte, at::kChar, at::kShort, at::kHalf, at::kBFloat16, at::kInt,
                                    at::kFloat, at::kDouble, at::kLong}) {
    tensors.emplace(std::string("t.") + c10::toString(type),
                    seeded_tensor(c10::toString(type), {3, 5}).mul(100).to(type));
  }
  tensors.emplace("t.scalar", seeded_tensor("scalar", {}));
  tensors.emplace("t.empty", seeded_tensor("empty", {0, 3}));
  write_tensors(directory_ / "ours.safetensors", tensors);
  expect_agrees("safetensors_bytes.py");
  const TensorMap theirs = read_tensors(directory_ / "theirs.safetensors");
  ASSERT_EQ(theirs.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(theirs.at(name).equal(tensor)) << name;
}

TEST_F(Client, ConvertedModelsAreReadByTorchSafetensorsAndTransformers) {
  write_model_directory(directory_.folder("source"), small_model(directory_));
  const auto convert = [&](const char* from, const char* to, WeightsFormat format, ConvertSpec spec = {}) {
    spec.source = directory_ / from, spec.out = directory_ / to, spec.to = format;
    convert_model(spec);
  };
  convert("source", "torch", WeightsFormat::kTorch);
  convert("source", "torch_shards", WeightsFormat::kTorch, {.max_shard_bytes = 2000});
  convert("source", "safetensors_shards", WeightsFormat::kSafetensors, {.max_shard_bytes = 2000});
  convert("source", "bf16", WeightsFormat::kSafetensors, {.dtype = FloatType::kBF16});
  TensorMap tensors = {{"t.scalar", seeded_tensor("scalar", {})}, {"t.empty", seeded_tensor("empty", {0, 3})}};
  for (const at::ScalarType type : {at::kBool, at::kByte, at::kChar, at::kShort, at::kHalf, at::kBFloat16, at::kInt,
                                    at::kFloat, at::kDouble, at::kLong}) {
    tensors.emplace(std::string("t.") + c10::toString(type),
                    seeded_tensor(c10::toString(type), {300, 5, 1}).mul(100).to(type));
  }
  write_tensors(directory_ / "all.safetensors", tensors);
  convert("all.safetensors", "all.pt", WeightsFormat::kTorch);
  expect_agrees("load_converted.py");
}

TEST_F(Client, TransformersLoadsABinaryModelOnThePooler) {
  write_model_directory(directory_.folder("model"), small_model(directory_));
  expect_agrees("load_classifier.py");
}

TEST_F(Client, TransformersLoadsAMeanPooledModelAsItsEncoder) {
  ModelDirectorySpec spec = small_model(directory_);
  spec.pooling = "mean";
  spec.tensors = small_tensors(1, false);
  write_model_directory(directory_.folder("model"), spec);
  expect_agrees("load_encoder.py");
}

TEST_F(Client, RiftLoadsWhatTransformersSaves) {
  expect_agrees("save_models.py");
  for (const char* kind : {"BertModel", "BertForSequenceClassification", "BertForPreTraining", "BertForMaskedLM"}) {
    const auto model = load_weights(open_hf_directory(directory_ / kind), {.num_labels = 3});
    const TensorMap expected = read_tensors(directory_ / fmt::format("{}.expected.safetensors", kind));
    ASSERT_EQ(model.tensors.size(), expected.size()) << kind;
    for (const auto& [name, tensor] : expected)
      EXPECT_TRUE(model.tensors.at(name).equal(tensor)) << kind << " " << name;
    EXPECT_EQ(model.names.new_head.empty(), std::string(kind) == "BertForSequenceClassification");
  }
}

TEST_F(Client, RiftLoadsWhatTransformersSavesAsPicklesAndInShards) {
  expect_agrees("save_other_files.py");
  const TensorMap expected = read_tensors(directory_ / "expected.safetensors");
  for (const char* folder : {"pickle", "pickles", "shards"}) {
    const auto model = load_weights(open_hf_directory(directory_ / folder), {.num_labels = 3});
    ASSERT_EQ(model.tensors.size(), expected.size()) << folder;
    for (const auto& [name, tensor] : expected)
      EXPECT_TRUE(model.tensors.at(name).equal(tensor)) << folder << " " << name;
  }
}

TEST_F(Client, RiftReadsTheTensorsThatTorchSaves) {
  expect_agrees("save_states.py");
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    if (entry.path().extension() != ".pt") continue;
    auto expected = entry.path();
    test::expect_same_tensors(*open_archive(entry.path()), *open_archive(expected.replace_extension(".safetensors")));
    ++files;
  }
  EXPECT_EQ(files, 40);
}

TEST_F(Client, GgufPyReadsWhatRiftWrites) {
  const at::Tensor values = seeded_tensor("gguf", {3, 64});
  std::vector<at::Tensor> kept = {values, values.to(at::kHalf), values.to(at::kBFloat16), seeded_tensor("one", {1})};
  std::vector<std::byte> blocks(3 * 2 * 34);
  format::quantize_q8_0({values.data_ptr<float>(), 3 * 64}, blocks);
  const auto bytes = [](const at::Tensor& tensor) {
    return std::span(static_cast<const std::byte*>(tensor.data_ptr()), static_cast<size_t>(tensor.nbytes()));
  };
  using format::GgmlType;
  using format::GgufKind;
  const std::vector<test::GgufTensorBytes> tensors = {{"f32", GgmlType::kF32, {3, 64}, bytes(kept[0])},
                                                      {"f16", GgmlType::kF16, {3, 64}, bytes(kept[1])},
                                                      {"bf16", GgmlType::kBF16, {3, 64}, bytes(kept[2])},
                                                      {"one", GgmlType::kF32, {1}, bytes(kept[3])},
                                                      {"q8_0", GgmlType::kQ8_0, {3, 64}, blocks}};
  const format::GgufMetadata metadata = {
      {"general.architecture", {GgufKind::kText, std::string("test")}},
      {"test.block_count", {GgufKind::kU32, uint64_t{7}}},
      {"test.epsilon", {GgufKind::kF32, 0.5}},
      {"tokenizer.ggml.tokens", {GgufKind::kText, std::vector<std::string>{"a", "\xC3\xA4", ""}}},
      {"test.offsets", {GgufKind::kI16, std::vector<int64_t>{-1, 2}}}};
  test::write_gguf(directory_ / "ours.gguf", metadata, tensors);
  write_tensors(directory_ / "values.safetensors", {{"values", values}, {"one", kept[3]}});
  expect_agrees("gguf_values.py");
}

TEST_F(Client, ARealQuantisedModelHasTheValuesOfGgufPy) {
  RIFT_SKIP_WITHOUT_SMOLLM2();
  const std::filesystem::path model = test::kSmolLm2;
  const auto run = run_client("tests/checkpoint/clients/gguf_digests.py", {model});
  ASSERT_EQ(run.status, 0) << run.output;
  const auto file = format::Gguf::open(model);
  EXPECT_EQ(file.text("general.architecture"), "llama");
  EXPECT_EQ(file.texts("tokenizer.ggml.tokens").size(), 49152u);
  std::istringstream lines(run.output);
  size_t seen = 0;
  for (std::string name, digest; lines >> name >> digest; ++seen) {
    const auto elements = test::elements_of(file, file.at(name));
    EXPECT_EQ(sha256_hex({reinterpret_cast<const char*>(elements.data()), elements.size()}), digest) << name;
  }
  EXPECT_EQ(seen, file.tensors().size());
  EXPECT_GT(seen, 200u);
}

TEST_F(Client, PeftLoadsOurAdapterWithTheLogitsOfTheMergedWeights) {
  write_model_directory(directory_.folder("model"), small_model(directory_));
  write_peft_directory(directory_.folder("adapter"), small_adapter(PeftTask::kSequenceClassification), small_layout());
  expect_agrees("load_adapter.py");
}

TEST_F(Client, PeftLoadsOurAdapterOfAnEncoderWithTheStatesOfTheMergedWeights) {
  ModelDirectorySpec spec = small_model(directory_);
  spec.pooling = "mean";
  spec.tensors = small_tensors(1, false);
  write_model_directory(directory_.folder("model"), spec);
  write_peft_directory(directory_.folder("adapter"), small_adapter(PeftTask::kFeatureExtraction), small_layout());
  expect_agrees("load_adapter.py");
}

TEST_F(Client, RiftReadsWhatPeftSaves) {
  expect_agrees("save_adapter.py");
  const PeftAdapter adapter = read_peft_directory(directory_ / "adapter", small_layout());
  const TensorMap expected = read_tensors(directory_ / "expected.safetensors");
  EXPECT_EQ(adapter.config.rank, 4);
  EXPECT_DOUBLE_EQ(adapter.config.scale(), 2.5);
  ASSERT_EQ(adapter.pairs.size(), 4u);
  for (const auto& pair : adapter.pairs) {
    EXPECT_TRUE(pair.a.equal(expected.at(pair.module + ".A"))) << pair.module;
    EXPECT_TRUE(pair.b.equal(expected.at(pair.module + ".B"))) << pair.module;
  }
  ASSERT_EQ(adapter.saved.size(), 4u);  // classifier and pooler
  for (const auto& [name, tensor] : adapter.saved) EXPECT_TRUE(tensor.equal(expected.at(name))) << name;
}

TEST_F(Client, OnnxFilesAreReadByItsLibraryAndRunByOnnxruntime) {
  const format::OnnxModel model = test::small_onnx();
  format::write_onnx(directory_ / "whole.onnx", model);
  format::write_onnx(directory_ / "two.onnx", model, {.max_message_bytes = 4096});
  expect_agrees("onnx_files.py");
}

}  // namespace
}  // namespace rift::checkpoint
