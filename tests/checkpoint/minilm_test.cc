#include <gtest/gtest.h>

#include "models/load.h"
#include "rift/base/sha256.h"
#include "rift/checkpoint/model_directory.h"
#include "support/outside_data.h"
#include "support/temp_directory.h"

namespace rift::checkpoint {
namespace {

using test::kMiniLm;

class MiniLm : public testing::Test {
 protected:
  void SetUp() override { RIFT_SKIP_WITHOUT_MINILM(); }
};

TEST_F(MiniLm, LoadsWholeUnderCanonicalNames) {
  const HfDirectory directory = open_hf_directory(kMiniLm);
  ASSERT_TRUE(directory.sentence_transformers);
  EXPECT_EQ(directory.sentence_transformers->pooling, "mean");
  EXPECT_EQ(directory.sentence_transformers->max_tokens, 256);
  const auto model = test::load_weights(directory, {.num_labels = 1, .require_pooler = true});
  EXPECT_EQ(model.tensors.size(), 5u + 6 * 16 + 2);
  EXPECT_TRUE(model.names.has_pooler);
  ASSERT_EQ(model.names.dropped.size(), 1u);
  EXPECT_EQ(model.names.dropped[0].file_name, "embeddings.position_ids");
  EXPECT_EQ(model.names.new_head.size(), 2u);
  const at::Tensor& words = model.tensors.at("bert.embeddings.word_embeddings.weight");
  EXPECT_EQ(words.sizes(), (std::vector<int64_t>{30522, 384}));
}

TEST_F(MiniLm, WrittenAndReadAgainItIsTheSame) {
  const test::TempDirectory out;
  const HfDirectory directory = open_hf_directory(kMiniLm);
  ModelDirectorySpec spec;
  spec.base = directory;
  spec.layout = test::layout_of(directory.config);
  spec.tensors = test::load_weights(directory).tensors;
  spec.pooling = "mean";
  write_model_directory(out.path(), spec);
  const auto again = test::load_weights(open_hf_directory(out.path()));
  ASSERT_EQ(again.tensors.size(), spec.tensors.size());
  for (const auto& [name, tensor] : spec.tensors) EXPECT_TRUE(again.tensors.at(name).equal(tensor.read())) << name;
  EXPECT_EQ(sha256_file(out / "tokenizer.json"), sha256_file(directory.encoder / "tokenizer.json"));
}

}  // namespace
}  // namespace rift::checkpoint
