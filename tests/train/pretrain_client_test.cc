#include "train/pretrain_curve.h"

namespace rift::train {
namespace {

class PretrainClient : public PretrainCurve {};

TEST_F(PretrainClient, ABertFromScratchHasTheLossesOfTransformersAndIsLoadedByIt) {
  model_from_scratch(test::kTinyBertConfig);
  options_.optim.weight_decay = 0.01;
  expect_the_losses_of_transformers(0.75);
}

TEST_F(PretrainClient, AGptFromScratchHasTheLossesOfTransformersAndIsLoadedByIt) {
  model_from_scratch(R"({"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 2, "n_inner": 96,
                         "n_positions": 32})");
  options_.tokenizer.train->vocab_size = 320;
  options_.optim.weight_decay = 0.01;
  expect_the_losses_of_transformers(0.75);
}

/// A share of an epoch; the longer ones: pretrain_posts_client_test.cc.
class PretrainClientOnPosts : public PretrainCurve {};

TEST_F(PretrainClientOnPosts, ABertFromScratchBeginsAsTransformersDoes) {
  const std::filesystem::path data = test::real_data("finfe_zh");
  RIFT_SKIP_WITHOUT(data);
  read_posts(data);
  model_from_scratch(kSmallBert);
  options_.optim.epochs = 0.06;
  expect_the_losses_of_transformers(0.95);
}

TEST_F(PretrainClientOnPosts, AGptFromScratchBeginsAsTransformersDoes) {
  const std::filesystem::path data = test::real_data("finfe_zh");
  RIFT_SKIP_WITHOUT(data);
  read_posts(data);
  model_from_scratch(kSmallGpt);
  options_.optim.epochs = 0.06;
  expect_the_losses_of_transformers(0.95);
}

}  // namespace
}  // namespace rift::train
