#include "rift/checkpoint/peft_directory.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "checkpoint/small_model.h"
#include "checkpoint/torch_bytes.h"
#include "support/failure.h"

namespace rift::checkpoint {
namespace {

using test::failure;
using test::seeded_tensor;
using test::small_layout;
using test::TempDirectory;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

PeftAdapter small_adapter() {
  PeftAdapter adapter;
  adapter.config = {.rank = 2,
                    .alpha = 4,
                    .target_modules = {"query", "value"},
                    .modules_to_save = {"classifier"},
                    .base_model = "base"};
  for (const char* module :
       {"bert.encoder.layer.0.attention.self.query", "bert.encoder.layer.1.attention.self.value"}) {
    adapter.pairs.push_back(
        {module, seeded_tensor(std::string(module) + "A", {2, 8}), seeded_tensor(std::string(module) + "B", {8, 2})});
  }
  adapter.saved = {{"classifier.weight", seeded_tensor("w", {1, 8})}, {"classifier.bias", seeded_tensor("b", {1})}};
  return adapter;
}

std::vector<std::string> tensor_names(const std::filesystem::path& path) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : read_tensors(path)) names.push_back(name);
  return names;
}

void expect_same(const PeftAdapter& a, const PeftAdapter& b) {
  ASSERT_EQ(a.pairs.size(), b.pairs.size());
  for (size_t i = 0; i < a.pairs.size(); ++i) {
    EXPECT_EQ(a.pairs[i].module, b.pairs[i].module);
    EXPECT_TRUE(a.pairs[i].a.equal(b.pairs[i].a));
    EXPECT_TRUE(a.pairs[i].b.equal(b.pairs[i].b));
  }
  ASSERT_EQ(a.saved.size(), b.saved.size());
  for (const auto& [name, tensor] : a.saved) EXPECT_TRUE(tensor.equal(b.saved.at(name))) << name;
}

TEST(PeftDirectory, NamesInTheFileArePeftsOwn) {
  const TempDirectory directory;
  write_peft_directory(directory.folder("adapter"), small_adapter(), small_layout());
  EXPECT_THAT(tensor_names(directory / "adapter/adapter_model.safetensors"),
              ElementsAre("base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight",
                          "base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight",
                          "base_model.model.bert.encoder.layer.1.attention.self.value.lora_A.weight",
                          "base_model.model.bert.encoder.layer.1.attention.self.value.lora_B.weight",
                          "base_model.model.classifier.bias", "base_model.model.classifier.weight"));
}

TEST(PeftDirectory, WhatIsWrittenIsReadBack) {
  const TempDirectory directory;
  PeftAdapter adapter = small_adapter();
  adapter.config.alpha = 2.5;
  adapter.config.dropout = 0.1;
  write_peft_directory(directory.folder("adapter"), adapter, small_layout());
  const PeftAdapter read = read_peft_directory(directory / "adapter", small_layout());
  expect_same(adapter, read);
  EXPECT_EQ(read.config.rank, 2);
  EXPECT_EQ(read.config.alpha, 2.5);
  EXPECT_EQ(read.config.dropout, 0.1);
  EXPECT_EQ(read.config.base_model, "base");
  EXPECT_THAT(read.config.target_modules, ElementsAre("query", "value"));
  EXPECT_DOUBLE_EQ(read.config.scale(), 1.25);
}

TEST(PeftDirectory, AutoModelAdaptersHaveNoBertInTheirNames) {
  const TempDirectory directory;
  PeftAdapter adapter = small_adapter();
  adapter.config.task = PeftTask::kFeatureExtraction;
  write_peft_directory(directory.folder("adapter"), adapter, small_layout());
  EXPECT_EQ(tensor_names(directory / "adapter/adapter_model.safetensors").back(),
            "base_model.model.encoder.layer.1.attention.self.value.lora_B.weight");
  expect_same(adapter, read_peft_directory(directory / "adapter", small_layout()));
}

TEST(PeftDirectory, ASavedPoolerKeepsItsPlace) {
  const TempDirectory directory;
  PeftAdapter adapter = small_adapter();
  adapter.config.modules_to_save = {"classifier", "pooler"};
  adapter.saved.emplace("bert.pooler.dense.weight", seeded_tensor("p", {8, 8}));
  write_peft_directory(directory.folder("adapter"), adapter, small_layout());
  EXPECT_THAT(tensor_names(directory / "adapter/adapter_model.safetensors"),
              testing::Contains("base_model.model.bert.pooler.dense.weight"));
  expect_same(adapter, read_peft_directory(directory / "adapter", small_layout()));
}

TEST(PeftDirectory, AnOlderAdapterOfTorchSaveIsReadWhereThereIsNoOther) {
  const TempDirectory directory;
  write_peft_directory(directory.folder("adapter"), small_adapter(), small_layout());
  const auto path = directory / "adapter/adapter_model.safetensors";
  const std::string bytes = test::torch_bytes(read_tensors(path));
  std::filesystem::remove(path);
  directory.write("adapter/adapter_model.bin", bytes);
  expect_same(read_peft_directory(directory / "adapter", small_layout()), small_adapter());
}

TEST(PeftDirectory, RankStabilisedScaleDividesByTheRoot) {
  const PeftConfig config = {.rank = 16, .alpha = 8, .rank_stabilised = true};
  EXPECT_DOUBLE_EQ(config.scale(), 2.0);
  EXPECT_DOUBLE_EQ((PeftConfig{.rank = 16, .alpha = 8}.scale()), 0.5);
}

TEST(PeftDirectory, TargetsMatchWholePartsOfNames) {
  const std::vector<std::string> names = {"query", "attention.output.dense"};
  EXPECT_TRUE(PeftConfig::names_module(names, "bert.encoder.layer.0.attention.self.query"));
  EXPECT_TRUE(PeftConfig::names_module(names, "query"));
  EXPECT_TRUE(PeftConfig::names_module(names, "bert.encoder.layer.0.attention.output.dense"));
  EXPECT_FALSE(PeftConfig::names_module(names, "bert.encoder.layer.0.output.dense"));
  EXPECT_FALSE(PeftConfig::names_module(names, "bert.encoder.layer.0.subquery"));
}

/// Adapters of the other kinds, all with the head.
PeftAdapter adapter_of_kind(PeftKind kind) {
  PeftAdapter adapter = small_adapter();
  adapter.pairs.clear();
  adapter.config.kind = kind;
  adapter.config.target_modules.clear();
  switch (kind) {
    case PeftKind::kLora:
      break;
    case PeftKind::kIa3:
      adapter.config.target_modules = {"key", "output.dense"};
      adapter.config.feed_forward = {"output.dense"};
      adapter.scales = {{"bert.encoder.layer.0.attention.self.key", seeded_tensor("k", {8})},
                        {"bert.encoder.layer.0.output.dense", seeded_tensor("o", {16})}};
      break;
    case PeftKind::kNorm:
      adapter.config.target_modules = {"LayerNorm"};
      adapter.norms = {{"bert.embeddings.LayerNorm.weight", seeded_tensor("n", {8})},
                       {"bert.embeddings.LayerNorm.bias", seeded_tensor("m", {8})}};
      break;
    case PeftKind::kPrompt:
      adapter.config.virtual_tokens = {.tokens = 3, .token_dim = 8, .heads = 2, .layers = 2};
      adapter.virtual_tokens = seeded_tensor("p", {3, 8});
      break;
    case PeftKind::kPrefix:
      adapter.config.virtual_tokens = {.tokens = 3, .token_dim = 8, .heads = 2, .layers = 2};
      adapter.virtual_tokens = seeded_tensor("p", {3, 2 * 2 * 8});
      break;
  }
  return adapter;
}

TEST(PeftDirectory, EveryKindIsWrittenUnderPeftsNamesAndReadBack) {
  const std::string head = "base_model.model.classifier.", bert = "base_model.model.bert.";
  const std::string of_virtual = "base_model.classifier.";
  const std::pair<PeftKind, std::vector<std::string>> all[] = {
      {PeftKind::kIa3,
       {bert + "encoder.layer.0.attention.self.key.ia3_l", bert + "encoder.layer.0.output.dense.ia3_l", head + "bias",
        head + "weight"}},
      {PeftKind::kNorm,
       {bert + "embeddings.LayerNorm.ln_tuning_layers.bias", bert + "embeddings.LayerNorm.ln_tuning_layers.weight",
        head + "bias", head + "weight"}},
      {PeftKind::kPrompt, {of_virtual + "bias", of_virtual + "weight", "prompt_embeddings"}},
      {PeftKind::kPrefix, {of_virtual + "bias", of_virtual + "weight", "prompt_embeddings"}}};
  for (const auto& [kind, names] : all) {
    SCOPED_TRACE(static_cast<int>(kind));
    const TempDirectory directory;
    const PeftAdapter adapter = adapter_of_kind(kind);
    write_peft_directory(directory.folder("adapter"), adapter, small_layout());
    EXPECT_EQ(tensor_names(directory / "adapter/adapter_model.safetensors"), names);
    const PeftAdapter read = read_peft_directory(directory / "adapter", small_layout());
    EXPECT_EQ(read.config.kind, kind);
    expect_same(read, adapter);
    ASSERT_EQ(read.scales.size(), adapter.scales.size());
    for (size_t i = 0; i < read.scales.size(); ++i) {
      EXPECT_EQ(read.scales[i].module, adapter.scales[i].module);
      EXPECT_TRUE(read.scales[i].values.equal(adapter.scales[i].values));
    }
    ASSERT_EQ(read.norms.size(), adapter.norms.size());
    for (const auto& [name, tensor] : adapter.norms) EXPECT_TRUE(tensor.equal(read.norms.at(name))) << name;
    ASSERT_EQ(read.virtual_tokens.defined(), adapter.virtual_tokens.defined());
    if (!read.virtual_tokens.defined()) continue;
    EXPECT_TRUE(read.virtual_tokens.equal(adapter.virtual_tokens));
  }
}

TEST(PeftDirectory, WhatAKindDoesNotHaveIsRefused) {
  const TempDirectory directory;
  const auto with = [&](PeftKind kind, const char* key, Json value) {
    Json config = peft_config_json(adapter_of_kind(kind).config);
    config[key] = std::move(value);
    write_peft_directory(directory.folder("adapter"), adapter_of_kind(kind), small_layout());
    directory.write("adapter/adapter_config.json", to_json_text(config));
    return failure([&] { read_peft_directory(directory / "adapter", small_layout()); });
  };
  EXPECT_THAT(with(PeftKind::kIa3, "r", 8), AllOf(StartsWith("unsupported"), HasSubstr("unknown key 'r'")));
  EXPECT_THAT(with(PeftKind::kIa3, "exclude_modules", Json(Json::Array{"key"})),
              AllOf(StartsWith("unsupported"), HasSubstr("exclude_modules")));
  EXPECT_THAT(with(PeftKind::kIa3, "feedforward_modules", Json(Json::Array{"key", "output.dense"})),
              AllOf(StartsWith("artefact"), HasSubstr("self.key.ia3_l': expected [1,8], got [8,1]")));
  EXPECT_THAT(with(PeftKind::kNorm, "target_modules", Json(Json::Array{"ln_f"})),
              AllOf(StartsWith("artefact"), HasSubstr("target_modules")));
  EXPECT_THAT(with(PeftKind::kPrefix, "prefix_projection", true),
              AllOf(StartsWith("unsupported"), HasSubstr("prefix_projection: this build reads false only")));
  EXPECT_THAT(with(PeftKind::kPrompt, "num_transformer_submodules", 2),
              AllOf(StartsWith("unsupported"), HasSubstr("num_transformer_submodules")));
  EXPECT_THAT(with(PeftKind::kPrompt, "num_virtual_tokens", 4),
              AllOf(StartsWith("artefact"), HasSubstr("'prompt_embeddings': expected [4,8], got [3,8]")));
  EXPECT_THAT(with(PeftKind::kPrefix, "num_layers", "two"),
              AllOf(StartsWith("artefact"), HasSubstr("num_layers: expected a whole number")));
}

class PeftRefusals : public testing::Test {
 protected:
  PeftRefusals() { write_peft_directory(directory_.folder("adapter"), small_adapter(), small_layout()); }

  std::string with_key(const char* key, Json value) {
    Json config = peft_config_json(small_adapter().config);
    config[key] = std::move(value);
    directory_.write("adapter/adapter_config.json", to_json_text(config));
    return failure([&] { read_peft_directory(directory_ / "adapter", small_layout()); });
  }
  template <class Change>
  std::string with_tensors(Change change) {
    const auto path = directory_ / "adapter/adapter_model.safetensors";
    TensorMap tensors = read_tensors(path);
    change(tensors);
    write_tensors(path, tensors);
    return failure([&] { read_peft_directory(directory_ / "adapter", small_layout()); });
  }

  TempDirectory directory_;
};

TEST_F(PeftRefusals, KnownKeysAtOtherValues) {
  EXPECT_THAT(with_key("use_qalora", true),
              AllOf(StartsWith("unsupported"), HasSubstr("use_qalora: this build reads false only, got true")));
  EXPECT_EQ(with_key("fan_in_fan_out", true), "nothing");  // of how the base keeps its maps; changes no value
  EXPECT_THAT(with_key("bias", "all"), StartsWith("unsupported"));
  EXPECT_THAT(with_key("rank_pattern", Json{{"query", 4}}), StartsWith("unsupported"));
  EXPECT_THAT(with_key("layers_to_transform", Json(Json::Array{0})), StartsWith("unsupported"));
  EXPECT_THAT(with_key("peft_type", "OFT"),
              AllOf(StartsWith("unsupported"),
                    HasSubstr("reads LORA, IA3, LN_TUNING, PROMPT_TUNING and PREFIX_TUNING, got \"OFT\"")));
  EXPECT_THAT(with_key("task_type", "CAUSAL_LM"), StartsWith("unsupported"));
  EXPECT_THAT(with_key("target_modules", ".*query"), StartsWith("unsupported"));
  EXPECT_THAT(with_key("init_lora_weights", "pissa"),
              AllOf(StartsWith("unsupported"), HasSubstr("changes the base model")));
  EXPECT_EQ(with_key("init_lora_weights", "gaussian"), "nothing");
}

TEST_F(PeftRefusals, UnknownKeysUnlessTheySayNothing) {
  EXPECT_THAT(with_key("use_new_thing", true),
              AllOf(StartsWith("unsupported"), HasSubstr("unknown key 'use_new_thing'")));
  EXPECT_THAT(with_key("new_number", 0), StartsWith("unsupported"));
  EXPECT_THAT(with_key("use_new_thing", false), StartsWith("unsupported"));  // its default may be true
  EXPECT_THAT(with_key("bias", false), StartsWith("unsupported"));
  EXPECT_EQ(with_key("use_qalora", false), "nothing");
  EXPECT_EQ(with_key("new_thing_config", nullptr), "nothing");
  EXPECT_EQ(with_key("new_list", Json::array()), "nothing");
}

TEST_F(PeftRefusals, WrongKindsInTheConfig) {
  EXPECT_THAT(with_key("r", 0), AllOf(StartsWith("artefact"), HasSubstr("r: expected")));
  EXPECT_THAT(with_key("r", "2"), StartsWith("artefact"));
  EXPECT_THAT(with_key("lora_alpha", "4"), StartsWith("artefact"));
  EXPECT_THAT(with_key("lora_dropout", 1.5), StartsWith("artefact"));
  EXPECT_THAT(with_key("use_rslora", "yes"), AllOf(StartsWith("artefact"), HasSubstr("use_rslora: expected true")));
  EXPECT_THAT(with_key("fan_in_fan_out", "true"),
              AllOf(StartsWith("artefact"), HasSubstr("fan_in_fan_out: expected true or false, got")));
  EXPECT_THAT(with_key("fan_in_fan_out", 1), StartsWith("artefact"));
  EXPECT_EQ(with_key("fan_in_fan_out", nullptr), "nothing");
  EXPECT_THAT(with_key("target_modules", Json(Json::Array{1})), StartsWith("artefact"));
}

TEST_F(PeftRefusals, HalfAPair) {
  EXPECT_THAT(
      with_tensors(
          [](TensorMap& t) { t.erase("base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight"); }),
      AllOf(StartsWith("artefact"), HasSubstr("'bert.encoder.layer.0.attention.self.query': lora_B is missing")));
}

TEST_F(PeftRefusals, ARankThatIsNotTheConfigs) {
  EXPECT_THAT(with_key("r", 3), AllOf(StartsWith("artefact"), HasSubstr("expected lora_A [3,in] and lora_B [out,3]"),
                                      HasSubstr("got [2,8] and [8,2]")));
}

TEST_F(PeftRefusals, ModulesThatTheConfigDoesNotName) {
  EXPECT_THAT(with_key("target_modules", Json(Json::Array{"query"})),
              AllOf(StartsWith("artefact"), HasSubstr("'bert.encoder.layer.1.attention.self.value': target_modules")));
}

TEST_F(PeftRefusals, WholeTensorsThatTheConfigDoesNotName) {
  const char* name = "base_model.model.bert.embeddings.word_embeddings.weight";
  EXPECT_THAT(with_tensors([&](TensorMap& t) {
                t[name] = at::ones({50, 8});
              }),
              AllOf(StartsWith("artefact"), HasSubstr(name), HasSubstr("modules_to_save")));
}

TEST_F(PeftRefusals, TensorsOfOtherMethods) {
  EXPECT_THAT(with_tensors([](TensorMap& t) {
                t["base_model.model.bert.encoder.layer.0.attention.self.query.lora_embedding_A"] = at::ones({8});
              }),
              AllOf(StartsWith("unsupported"), HasSubstr("lora_embedding_A")));
}

TEST_F(PeftRefusals, LengthsOfDoraThatTheConfigDoesNotName) {
  EXPECT_THAT(with_tensors([](TensorMap& t) {
                t["base_model.model.bert.encoder.layer.0.attention.self.query.lora_magnitude_vector.weight"] =
                    at::ones({8});
              }),
              AllOf(StartsWith("artefact"), HasSubstr("use_dora is off and there is a lora_magnitude_vector")));
  EXPECT_THAT(with_key("use_dora", true), AllOf(StartsWith("artefact"), HasSubstr("lora_magnitude_vector is missing")));
}

TEST_F(PeftRefusals, NamesOutsideTheWrapper) {
  EXPECT_THAT(with_tensors([](TensorMap& t) {
                t["classifier.weight"] = at::ones({1, 8});
              }),
              AllOf(StartsWith("artefact"), HasSubstr("expected a name that starts with 'base_model.model.'")));
}

TEST_F(PeftRefusals, NanInAnAdapter) {
  EXPECT_THAT(with_tensors([](TensorMap& t) { t["base_model.model.classifier.bias"] = at::full({1}, NAN); }),
              AllOf(StartsWith("artefact"), HasSubstr("NaN")));
}

TEST_F(PeftRefusals, EmptyAndAbsentAdapters) {
  EXPECT_THAT(with_tensors([](TensorMap& t) { t.clear(); }), HasSubstr("there is no adapter in it"));
  std::filesystem::remove(directory_ / "adapter/adapter_model.safetensors");
  EXPECT_THAT(failure([&] { read_peft_directory(directory_ / "adapter", small_layout()); }),
              AllOf(StartsWith("artefact"), HasSubstr("adapter_model.safetensors")));
}

TEST_F(PeftRefusals, WritingWhatDoesNotFitIsABugOfTheCaller) {
  const auto written = [&](auto change) {
    PeftAdapter adapter = small_adapter();
    change(adapter);
    return failure([&] { write_peft_directory(directory_.folder("out"), adapter, small_layout()); });
  };
  EXPECT_THAT(written([](PeftAdapter& a) { a.pairs[0].b = at::Tensor(); }), StartsWith("bug"));
  EXPECT_THAT(written([](PeftAdapter& a) { a.config.rank = 4; }), StartsWith("bug"));
  EXPECT_THAT(written([](PeftAdapter& a) { a.config.modules_to_save.clear(); }), StartsWith("bug"));
}

}  // namespace
}  // namespace rift::checkpoint
