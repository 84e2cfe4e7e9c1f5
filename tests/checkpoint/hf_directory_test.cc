#include "rift/checkpoint/hf_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

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
using testing::IsEmpty;
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
  EXPECT_EQ(pooling(R"({"pooling_mode": ["mean", "max"], "include_prompt": true})"), "mean+max");
  EXPECT_EQ(pooling(R"({"pooling_mode": ["cls"], "embedding_dimension": 8})"), "cls");
  EXPECT_EQ(pooling("{}"), "mean") << "as the library has it";
  EXPECT_EQ(pooling(R"({"pooling_mode_mean_tokens": false})"), "mean");
}

TEST(HfDirectory, FilesOfSentenceTransformersAreReadByKind) {
  const TempDirectory directory;
  const auto message = [&] { return failure([&] { open_hf_directory(directory / "m"); }); };
  const auto write = [&](const char* name, const char* text) {
    directory.write("m/modules.json", kModules);
    directory.write("m/0_Transformer/config.json", to_json_text(small_config()));
    directory.write("m/1_Pooling/config.json", "{}");
    directory.write("m/0_Transformer/sentence_bert_config.json", "{}");
    directory.write("m/config_sentence_transformers.json", "{}");
    directory.write(std::string("m/") + name, text);
  };
  struct Case {
    const char* file;
    const char* text;
    const char* said;
  };
  for (const Case& bad : std::vector<Case>{
           {"modules.json", "[1]", "expected a list of mappings"},
           {"modules.json", "[{}]", "'type' is none"},
           {"modules.json", R"([{"type": "x.Transformer", "path": 3}])", "'path' is none"},
           {"1_Pooling/config.json", "[]", "expected a mapping, got a list"},
           {"1_Pooling/config.json", "null", "expected a mapping"},
           {"1_Pooling/config.json", R"({"pooling_mode_mean_tokens": 1})", "expected true or false"},
           {"1_Pooling/config.json", R"({"pooling_mode_foo_tokens": true})", "'pooling_mode_foo_tokens' is not"},
           {"1_Pooling/config.json", R"({"pooling_mode": "median"})", "'median' is not"},
           {"1_Pooling/config.json", R"({"pooling_mode": [1]})", "expected a text"},
           {"0_Transformer/sentence_bert_config.json", "3", "expected a mapping"},
           {"0_Transformer/sentence_bert_config.json", R"({"max_seq_length": "256"})", "expected a whole number"},
           {"0_Transformer/sentence_bert_config.json", R"({"max_seq_length": 0})", "above 0, got 0"},
           {"0_Transformer/sentence_bert_config.json", R"({"do_lower_case": "yes"})", "expected true or false"},
           {"config_sentence_transformers.json", R"({"default_prompt_name": 1})", "expected a text"},
           {"config_sentence_transformers.json", R"({"prompts": []})", "expected a mapping"}}) {
    write(bad.file, bad.text);
    EXPECT_THAT(message(), AllOf(HasSubstr(bad.file), HasSubstr(bad.said))) << bad.text;
  }
  write("modules.json", kModules);
  std::filesystem::remove_all(directory / "m/1_Pooling");
  EXPECT_THAT(message(), AllOf(StartsWith("artefact"), HasSubstr("1_Pooling"), HasSubstr("copied without")));
}

TEST(HfDirectory, WhatTheLibraryDoesToTextsIsKnown) {
  const TempDirectory directory;
  directory.write("m/modules.json", kModules);
  directory.write("m/0_Transformer/config.json", to_json_text(small_config()));
  directory.write("m/1_Pooling/config.json", "{}");
  const auto opened = [&] { return *open_hf_directory(directory / "m").sentence_transformers; };
  EXPECT_THAT(opened().other_settings, IsEmpty());
  EXPECT_FALSE(opened().max_tokens);
  directory.write("m/0_Transformer/tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_FALSE(opened().max_tokens) << "nobody set it";
  directory.write("m/0_Transformer/tokenizer_config.json", R"({"model_max_length": 128})");
  EXPECT_EQ(opened().max_tokens, 128);
  directory.write("m/0_Transformer/sentence_bert_config.json",
                  R"({"max_seq_length": 64, "do_lower_case": true, "module_output_name": "sentence_embedding"})");
  directory.write("m/config_sentence_transformers.json",
                  R"({"prompts": {"query": "query: ", "document": ""}, "default_prompt_name": "query"})");
  EXPECT_EQ(opened().max_tokens, 64);
  EXPECT_THAT(opened().other_settings,
              ElementsAre("do_lower_case", "module_output_name 'sentence_embedding'", "default_prompt_name 'query'"));
  directory.write("m/config_sentence_transformers.json",
                  R"({"prompts": {"query": "query: ", "document": ""}, "default_prompt_name": "document"})");
  EXPECT_EQ(opened().other_settings.size(), 2U) << "an empty prompt";
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
