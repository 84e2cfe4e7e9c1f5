#include "support/client.h"

#include <gtest/gtest.h>

#include <optional>

#include "models/tiny_bert.h"
#include "models/tiny_encoders.h"
#include "models/tiny_model.h"
#include "rift/checkpoint/peft_directory.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/tuning.h"
#include "support/temp_directory.h"

// PEFT reads what rift writes; see the first lines of clients/peft_loads_adapter.py for what it checks.
namespace rift::tuning {
namespace {

using test::tiny_batch;

class PeftClient : public testing::Test {
 protected:
  void SetUp() override { RIFT_SKIP_WITHOUT_CLIENTS(); }

  /// Tunes the model of `folder` with these options, writes its adapter and outputs, and lets PEFT compare.
  void expect_peft_agrees(const LoraOptions& options, std::optional<models::Pooling> pooling,
                          const std::string& folder = test::kTinyBert,
                          const tensor::PackedBatch& batch = tiny_batch()) {
    const auto model = test::classifier_in(folder, {.pooling = pooling});
    apply({.method = options}, *model, 11);
    nn::ParameterStore& store = model->parameters();
    for (const nn::Parameter& parameter : store.parameters()) {
      if (parameter.trainable) nn::fill_uniform(store, parameter, 0.3, 5);
    }
    checkpoint::write_peft_directory(directory_.folder("adapter"), adapter_of(*model, options),
                                     test::layout_of(checkpoint::open_hf_directory(folder).config));
    write_outputs(*model, batch);
    const auto run = test::run_client("tests/tuning/clients/peft_loads_adapter.py", {directory_.path(), folder});
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_NE(run.output.find("all checks hold"), std::string::npos) << run.output;
  }

 private:
  void write_outputs(models::TextClassifier& model, const tensor::PackedBatch& batch) {
    tensor::TensorMap outputs;
    int64_t trainable = 0;
    if (model.has_own_reading()) {
      const at::Tensor logits = model.forward(batch, {});
      logits.sum().backward();
      outputs.emplace("logits", logits.detach());
      for (const nn::Parameter& parameter : model.parameters().parameters()) {
        if (!parameter.trainable) continue;
        outputs.emplace("gradient." + parameter.name, parameter.view.grad());
        ++trainable;
      }
    } else {
      outputs.emplace("states", model.encoder().forward(batch, {}).detach());
    }
    checkpoint::write_tensors(directory_ / "ours.safetensors", outputs);
    Json ids = Json::array(), types = Json::array();
    for (int64_t row = 0; row < batch.rows; ++row) {
      Json row_ids = Json::array(), row_types = Json::array();
      for (int64_t s = batch.row_begin_host[row]; s < batch.row_begin_host[row + 1]; ++s) {
        row_ids.push_back(batch.ids[s].item<int64_t>());
        row_types.push_back(batch.type_ids[s].item<int64_t>());
      }
      ids.push_back(std::move(row_ids));
      types.push_back(std::move(row_types));
    }
    directory_.write("rows.json", to_json_text(Json{{"ids", ids}, {"type_ids", types}, {"trainable", trainable}}));
  }
  test::TempDirectory directory_;
};

TEST_F(PeftClient, ClassifierOnThePoolerHasOurLogitsAndGradients) {
  expect_peft_agrees({.rank = 4, .alpha = 6}, models::Pooling::kPooler);
}

TEST_F(PeftClient, EveryLinearMapByTheTargetDense) {
  expect_peft_agrees({.rank = 2, .alpha = 4, .targets = {"dense", "query"}}, models::Pooling::kPooler);
}

class PeftClientOfDecoders : public PeftClient, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Tiny, PeftClientOfDecoders, testing::ValuesIn(test::kTinyDecoders),
                         [](const auto& decoder) { return std::string(decoder.param); });

TEST_P(PeftClientOfDecoders, ClassifierOnTheLastTokenHasOurLogitsAndGradients) {
  const std::string folder = test::tiny_folder(GetParam());
  expect_peft_agrees({.rank = 4, .alpha = 6}, std::nullopt, folder, test::golden_batch(test::golden_in(folder)));
}

TEST_P(PeftClientOfDecoders, MeanPooledModelHasOurTokenStates) {
  const std::string folder = test::tiny_folder(GetParam());
  expect_peft_agrees({.rank = 4, .alpha = 6}, models::Pooling::kMean, folder,
                     test::golden_batch(test::golden_in(folder)));
}

TEST_F(PeftClient, MeanPooledModelHasOurTokenStates) {
  expect_peft_agrees({.rank = 4, .alpha = 6, .targets = {"query", "output.dense"}}, models::Pooling::kMean);
}

}  // namespace
}  // namespace rift::tuning
