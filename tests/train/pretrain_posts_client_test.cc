#include "train/pretrain_curve.h"

// Language models that learn the Chinese posts from nothing, step by step beside transformers: minutes.
namespace rift::train {
namespace {

class PretrainPosts : public PretrainCurve {
 protected:
  void expect_to_learn(const char* config, double epochs, double falls_to) {
    const std::filesystem::path data = test::real_data("finfe_zh");
    RIFT_SKIP_WITHOUT(data);
    read_posts(data);
    model_from_scratch(config);
    options_.optim.epochs = epochs;
    expect_the_losses_of_transformers(falls_to);
  }
};

TEST_F(PretrainPosts, ABertFromScratchLearnsThemAsTransformersDoes) { expect_to_learn(kSmallBert, 1.0, 0.8); }

TEST_F(PretrainPosts, AGptFromScratchLearnsThemAsTransformersDoes) { expect_to_learn(kSmallGpt, 1.0, 0.8); }

}  // namespace
}  // namespace rift::train
