#include "rift/checkpoint/model_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/small_model.h"
#include "rift/base/files.h"
#include "support/failure.h"

namespace rift::checkpoint {
namespace {

using test::failure;
using test::load_weights;
using test::small_model;
using test::small_tensors;
using test::TempDirectory;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

void expect_equal(const TensorMap& a, const TensorMap& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(b.at(name).equal(tensor)) << name;
}

TEST(ModelDirectory, ABinaryModelOnThePoolerComesBackWhole) {
  const TempDirectory directory;
  const ModelDirectorySpec spec = small_model(directory);
  write_model_directory(directory.folder("out"), spec);
  const HfDirectory opened = open_hf_directory(directory / "out");
  EXPECT_EQ(opened.architecture(), "BertForSequenceClassification");
  EXPECT_EQ(opened.config.at("id2label"), (Json{{"0", "bad"}}));
  EXPECT_EQ(opened.config.at("label2id"), (Json{{"bad", 0}}));
  EXPECT_EQ(opened.config.at("problem_type").as_string(), "multi_label_classification");
  EXPECT_FALSE(opened.sentence_transformers);
  EXPECT_EQ(opened.tokenizer_files.size(), 2u);
  const auto model = load_weights(opened, {.num_labels = 1, .require_pooler = true});
  expect_equal(spec.tensors.read_all(), model.tensors);
  EXPECT_THAT(model.names.dropped, IsEmpty());
  EXPECT_THAT(model.names.renamed, IsEmpty());
  EXPECT_THAT(model.names.new_head, IsEmpty());
}

TEST(ModelDirectory, AMeanPooledModelKeepsItsHeadAndSaysItsPooling) {
  const TempDirectory directory;
  ModelDirectorySpec spec = small_model(directory);
  spec.tensors = small_tensors(3, false);
  spec.pooling = "mean";
  spec.task = HeadTask::kMulticlass;
  spec.labels = {"negative", "neutral", "positive"};
  spec.max_tokens = 12;
  write_model_directory(directory.folder("out"), spec);
  const HfDirectory opened = open_hf_directory(directory / "out");
  EXPECT_EQ(opened.architecture(), "BertModel");
  EXPECT_EQ(opened.config.at("problem_type").as_string(), "single_label_classification");
  ASSERT_TRUE(opened.sentence_transformers);
  EXPECT_EQ(opened.sentence_transformers->pooling, "mean");
  EXPECT_EQ(opened.sentence_transformers->max_tokens, 12);
  expect_equal(spec.tensors.read_all(), load_weights(opened, {.num_labels = 3}).tensors);
}

TEST(ModelDirectory, KeysThatNoLongerHoldLeaveTheConfig) {
  const TempDirectory directory;
  ModelDirectorySpec spec = small_model(directory);
  for (const char* key : {"_name_or_path", "torch_dtype", "num_labels"}) spec.base.config[key] = "old";
  spec.base.config["id2label"] = Json{{"0", "x"}, {"1", "y"}, {"2", "z"}};
  const Json config = model_config(spec);
  for (const char* key : {"_name_or_path", "torch_dtype", "num_labels"}) EXPECT_FALSE(config.contains(key)) << key;
  EXPECT_EQ(config.at("id2label").size(), 1u);
  EXPECT_EQ(config.at("layer_norm_eps"), Json(1e-12));
  EXPECT_EQ(config.at("hidden_size"), Json(8));
}

TEST(ModelDirectory, TheSameModelGivesTheSameBytes) {
  const TempDirectory directory;
  const ModelDirectorySpec spec = small_model(directory);
  for (const char* out : {"a", "b"}) write_model_directory(directory.folder(out), spec);
  for (const char* file : {"config.json", "model.safetensors", "vocab.txt"}) {
    EXPECT_EQ(read_file(directory / "a" / file), read_file(directory / "b" / file)) << file;
  }
}

TEST(ModelDirectory, TensorsThatDoNotFitTheConfigAreABugOfTheCaller) {
  const TempDirectory directory;
  const auto written = [&](auto change) {
    ModelDirectorySpec spec = small_model(directory);
    change(spec);
    return failure([&] { write_model_directory(directory.folder("out"), spec); });
  };
  EXPECT_THAT(written([](auto& spec) { spec.tensors.erase("bert.pooler.dense.bias"); }), StartsWith("bug"));
  for (const char* name : {"bert.extra.weight", "embeddings.position_ids"}) {
    EXPECT_THAT(written([&](auto& spec) { spec.tensors.emplace(name, *spec.tensors.find("classifier.bias")); }),
                StartsWith("bug"))
        << name;
  }
  EXPECT_THAT(written([](auto& spec) { spec.labels.push_back("second"); }), StartsWith("bug"));
  EXPECT_THAT(written([](auto& spec) { spec.tensors = small_tensors(1, false); }), StartsWith("bug"));
  EXPECT_FALSE(std::filesystem::exists(directory / "out" / "model.safetensors"));
}

}  // namespace
}  // namespace rift::checkpoint
