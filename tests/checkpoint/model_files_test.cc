#include "rift/checkpoint/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/failure.h"

namespace rift::checkpoint {
namespace {

using test::failure;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Names = std::vector<std::string>;

TEST(ModelFiles, SafetensorsGoBeforePickles) {
  const Names names = {".gitattributes",    "README.md",   "config.json",    "model.safetensors", "onnx/model.onnx",
                       "pytorch_model.bin", "tf_model.h5", "tokenizer.json", "train_script.py",   "LICENSE.txt"};
  EXPECT_THAT(needed_files(names),
              ElementsAre("README.md", "config.json", "model.safetensors", "tokenizer.json", "LICENSE.txt"));
}

TEST(ModelFiles, ShardsComeWithTheirIndex) {
  const Names names = {"config.json",
                       "model-00001-of-00002.safetensors",
                       "model-00002-of-00002.safetensors",
                       "model.safetensors.index.json",
                       "pytorch_model-00001-of-00001.bin",
                       "pytorch_model.bin.index.json"};
  EXPECT_THAT(needed_files(names), ElementsAre("config.json", "model-00001-of-00002.safetensors",
                                               "model-00002-of-00002.safetensors", "model.safetensors.index.json"));
}

TEST(ModelFiles, ModulesOfSentenceTransformersAreTaken) {
  const Names names = {"0_Transformer/config.json",
                       "0_Transformer/pytorch_model.bin",
                       "1_Pooling/config.json",
                       "2_Dense/model.safetensors",
                       "2_Dense/pytorch_model.bin",
                       "eval/config.json",
                       "modules.json"};
  EXPECT_THAT(needed_files(names), ElementsAre("0_Transformer/config.json", "0_Transformer/pytorch_model.bin",
                                               "1_Pooling/config.json", "2_Dense/model.safetensors", "modules.json"));
}

TEST(ModelFiles, WithoutWeightsThatAreReadThereIsNoModel) {
  EXPECT_THAT(failure([] {
                needed_files(Names{"config.json", "tf_model.h5"});
              }),
              AllOf(StartsWith("unsupported"), HasSubstr("tf_model.h5")));
}

TEST(ModelFiles, OneGgufIsTakenAndOfSeveralOneIsChosen) {
  EXPECT_THAT(needed_files(Names{"README.md", "m.Q4_1.gguf"}), ElementsAre("README.md", "m.Q4_1.gguf"));
  const Names several = {"LICENSE", "README.md", "m.Q4_1.gguf", "m.Q8_0.gguf"};
  EXPECT_THAT(failure([&] { needed_files(several); }), AllOf(StartsWith("configuration"), HasSubstr("--include")));
  EXPECT_THAT(needed_files(several, Names{"*Q8_0*"}), ElementsAre("LICENSE", "README.md", "m.Q8_0.gguf"));
  EXPECT_THAT(failure([&] { needed_files(several, Names{"*Q6*"}); }), HasSubstr("no file of the model matches"));
}

}  // namespace
}  // namespace rift::checkpoint
