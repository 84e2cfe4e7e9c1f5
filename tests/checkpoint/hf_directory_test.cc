#include "rift/checkpoint/hf_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/small_model.h"
#include "support/failure.h"

namespace rift::checkpoint {
namespace {

using test::failure;
using test::load_weights;
using test::small_config;
using test::small_directory;
using test::small_tensors;
using test::TempDirectory;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kModules = R"([
  {"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
  {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
  {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"},
  {"idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.models.Normalize"}])";

TEST(HfDirectory, APlainDirectoryShowsConfigAndTokenizer) {
  const TempDirectory directory;
  const HfDirectory opened = small_directory(directory);
  EXPECT_EQ(opened.model_type(), "bert");
  EXPECT_EQ(opened.architecture(), "BertModel");
  EXPECT_FALSE(opened.sentence_transformers);
  std::vector<std::string> files;
  for (const auto& file : opened.tokenizer_files) files.push_back(file.filename());
  EXPECT_THAT(files, ElementsAre("tokenizer_config.json", "vocab.txt"));
}

TEST(HfDirectory, WhatIsNotAModelDirectoryIsRefused) {
  const TempDirectory directory;
  EXPECT_THAT(failure([&] { open_hf_directory(directory / "none"); }),
              AllOf(StartsWith("artefact"), HasSubstr("no such directory")));
  EXPECT_THAT(failure([&] { open_hf_directory(directory.path()); }),
              AllOf(StartsWith("artefact"), HasSubstr("no config.json")));
  directory.write("list/config.json", "[]");
  EXPECT_THAT(failure([&] { open_hf_directory(directory / "list"); }), HasSubstr("expected a mapping"));
  directory.write("cut/config.json", R"({"model_type": )");
  EXPECT_THAT(failure([&] { open_hf_directory(directory / "cut"); }),
              AllOf(StartsWith("artefact"), HasSubstr("config.json")));
}

TEST(HfDirectory, SentenceTransformersLayoutFindsEncoderAndPooling) {
  const TempDirectory directory;
  directory.write("m/modules.json", kModules);
  directory.write("m/0_Transformer/config.json", to_json_text(small_config()));
  directory.write("m/0_Transformer/vocab.txt", "[PAD]\n");
  directory.write("m/0_Transformer/sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": false})");
  directory.write(
      "m/1_Pooling/config.json",
      R"({"word_embedding_dimension": 8, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true})");
  write_tensors(directory.folder("m/0_Transformer") / "model.safetensors", small_tensors(0));
  const HfDirectory opened = open_hf_directory(directory / "m");
  ASSERT_TRUE(opened.sentence_transformers);
  EXPECT_EQ(opened.encoder, directory / "m/0_Transformer");
  EXPECT_EQ(opened.sentence_transformers->pooling, "mean");
  EXPECT_EQ(opened.sentence_transformers->max_tokens, 256);
  EXPECT_THAT(opened.sentence_transformers->other_modules, ElementsAre("Dense"));
  EXPECT_EQ(opened.tokenizer_files.size(), 1u);
  EXPECT_EQ(load_weights(opened).tensors.size(), 39u);
}

TEST(HfDirectory, EveryPoolingModeIsNamed) {
  const TempDirectory directory;
  directory.write("m/modules.json", kModules);
  directory.write("m/0_Transformer/config.json", to_json_text(small_config()));
  const auto pooling = [&](const char* config) {
    directory.write("m/1_Pooling/config.json", config);
    return open_hf_directory(directory / "m").sentence_transformers->pooling;
  };
  EXPECT_EQ(pooling(R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false})"), "cls");
  EXPECT_EQ(pooling(R"({"pooling_mode_lasttoken": true})"), "last");
  EXPECT_EQ(pooling(R"({"pooling_mode_max_tokens": true})"), "max");
  EXPECT_EQ(pooling(R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true})"), "cls+mean");
  EXPECT_EQ(pooling(R"({"pooling_mode": "lasttoken"})"), "last");
  EXPECT_EQ(pooling("{}"), "");
}

TEST(HfDirectory, ModulePathsStayInsideTheDirectory) {
  const TempDirectory directory;
  for (const char* path : {"../other", "/etc", "a/../../b"}) {
    directory.write("m/modules.json",
                    fmt::format(R"([{{"idx":0,"name":"0","path":"{}","type":"x.Transformer"}}])", path));
    EXPECT_THAT(failure([&] { open_hf_directory(directory / "m"); }),
                AllOf(StartsWith("artefact"), HasSubstr("inside the model directory")));
  }
}

TEST(HfDirectory, WeightsOfOtherKindsAreRefusedWithTheWayOut) {
  const TempDirectory directory;
  const HfDirectory opened = small_directory(directory);
  EXPECT_THAT(failure([&] { weights_file(opened); }), AllOf(StartsWith("artefact"), HasSubstr("model.safetensors")));
  directory.write("base/tf_model.h5", "x");
  EXPECT_THAT(failure([&] { weights_file(opened); }),
              AllOf(StartsWith("unsupported"), HasSubstr("TensorFlow"), HasSubstr("model.safetensors")));
  directory.write("base/model.safetensors", "x");
  EXPECT_EQ(weights_file(opened), directory / "base/model.safetensors");
}

TEST(LoadModel, HalfPrecisionFilesAndOldNamesComeAsCanonicalF32) {
  const TempDirectory directory;
  const HfDirectory opened = small_directory(directory);
  TensorMap old;
  for (const auto& [name, tensor] : small_tensors(0)) {
    std::string file_name = name.substr(5);
    if (const size_t at = file_name.find("LayerNorm.weight"); at != std::string::npos)
      file_name.replace(at, 16, "LayerNorm.gamma");
    if (const size_t at = file_name.find("LayerNorm.bias"); at != std::string::npos)
      file_name.replace(at, 14, "LayerNorm.beta");
    old.emplace(file_name, tensor.to(at::kHalf));
  }
  write_tensors(directory / "base/model.safetensors", old);
  const auto model = load_weights(opened, {.num_labels = 2});
  ASSERT_EQ(model.tensors.size(), 39u);
  for (const auto& [name, tensor] : small_tensors(0)) {
    EXPECT_EQ(model.tensors.at(name).scalar_type(), at::kFloat);
    EXPECT_TRUE(model.tensors.at(name).equal(tensor.to(at::kHalf).to(at::kFloat))) << name;
  }
  EXPECT_EQ(model.names.new_head.size(), 2u);
}

}  // namespace
}  // namespace rift::checkpoint
