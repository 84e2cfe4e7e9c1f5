#include "support/client.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "models/tiny_bert.h"
#include "models/tiny_encoders.h"
#include "models/tiny_model.h"
#include "rift/base/options.h"
#include "rift/checkpoint/peft_directory.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/adapter_set.h"
#include "rift/tuning/beside.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/tuning.h"
#include "support/temp_directory.h"
#include "tuning/one_step.h"

// PEFT reads what rift writes; see the first lines of clients/peft_loads_adapter.py for what it checks.
namespace rift::tuning {
namespace {

using test::tiny_batch;

class PeftClient : public testing::Test {
 protected:
  void SetUp() override { RIFT_SKIP_WITHOUT_CLIENTS(); }

  /// Tunes the model of `folder` with these options, writes its adapter and outputs, and lets PEFT compare.
  void expect_peft_agrees(const TuningOptions& options, std::optional<models::Pooling> pooling,
                          const std::string& folder = test::kTinyBert,
                          const tensor::PackedBatch& batch = tiny_batch()) {
    const auto model = test::classifier_in(folder, {.pooling = pooling});
    apply(options, *model, 11);
    nn::ParameterStore& store = model->parameters();
    for (const nn::Parameter& parameter : store.parameters()) {
      if (parameter.trainable) nn::fill_uniform(store, parameter, 0.3, 5);
    }
    checkpoint::write_peft_directory(directory_.folder("adapter"), adapter_of(*model, options).value(),
                                     test::layout_of(checkpoint::open_hf_directory(folder).config));
    // Of PiSSA the file has A and B of twice the rank.
    const auto* lora = std::get_if<LoraOptions>(&options.method);
    write_outputs(*model, batch, lora == nullptr || lora->init != LoraInit::kPissa);
    const auto run = test::run_client("tests/tuning/clients/peft_loads_adapter.py", {directory_.path(), folder});
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_NE(run.output.find("all checks hold"), std::string::npos) << run.output;
  }

  void write_outputs(models::TextClassifier& model, const tensor::PackedBatch& batch, bool compares_gradients) {
    tensor::TensorMap outputs;
    int64_t trainable = 0;
    if (model.has_own_reading()) {
      const at::Tensor logits = model.forward(batch, {});
      logits.sum().backward();
      outputs.emplace("logits", logits.detach());
      for (const nn::Parameter& parameter : model.parameters().parameters()) {
        if (!parameter.trainable || !compares_gradients) continue;
        outputs.emplace("gradient." + parameter.name, parameter.view.grad());
        ++trainable;
      }
    } else {
      outputs.emplace("states", model.encoder().forward(model.encoder().prepared(batch), {}).detach());
    }
    checkpoint::write_tensors(directory_ / "ours.safetensors", outputs);
    write_rows(batch, Json{{"trainable", trainable}});
  }

 protected:
  /// ids and type_ids of the rows, beside `settings`.
  void write_rows(const tensor::PackedBatch& batch, Json settings) {
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
    settings["ids"] = std::move(ids);
    settings["type_ids"] = std::move(types);
    directory_.write("rows.json", to_json_text(settings));
  }

  test::TempDirectory directory_;
};

TEST_F(PeftClient, ClassifierOnThePoolerHasOurLogitsAndGradients) {
  expect_peft_agrees({.method = LoraOptions{.rank = 4, .alpha = 6}}, models::Pooling::kPooler);
}

TEST_F(PeftClient, EveryLinearMapByTheTargetDense) {
  expect_peft_agrees({.method = LoraOptions{.rank = 2, .alpha = 4, .targets = {"dense", "query"}}},
                     models::Pooling::kPooler);
}

class PeftClientOfDecoders : public PeftClient, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Tiny, PeftClientOfDecoders, testing::ValuesIn(test::kTinyDecoders),
                         [](const auto& decoder) { return std::string(decoder.param); });

TEST_P(PeftClientOfDecoders, ClassifierOnTheLastTokenHasOurLogitsAndGradients) {
  const std::string folder = test::tiny_folder(GetParam());
  expect_peft_agrees({.method = LoraOptions{.rank = 4, .alpha = 6}}, std::nullopt, folder,
                     test::golden_batch(test::golden_in(folder)));
}

TEST_P(PeftClientOfDecoders, MeanPooledModelHasOurTokenStates) {
  const std::string folder = test::tiny_folder(GetParam());
  expect_peft_agrees({.method = LoraOptions{.rank = 4, .alpha = 6}}, models::Pooling::kMean, folder,
                     test::golden_batch(test::golden_in(folder)));
}

TEST_F(PeftClient, MeanPooledModelHasOurTokenStates) {
  expect_peft_agrees({.method = LoraOptions{.rank = 4, .alpha = 6, .targets = {"query", "output.dense"}}},
                     models::Pooling::kMean);
}

/// A method that PEFT has, on an architecture.
class PeftClientOfMethods : public PeftClient, public testing::WithParamInterface<std::tuple<const char*, int>> {
 protected:
  static std::vector<TuningOptions> methods() {
    return {{.method = LoraOptions{.rank = 4, .alpha = 6, .scaling = LoraScaling::kRankStabilised}},
            {.method = LoraOptions{.rank = 4, .alpha = 6, .dora = true}},
            {.method = LoraOptions{.rank = 2, .alpha = 6, .init = LoraInit::kPissa}},
            {.method = LoraOptions{.rank = 2,
                                   .alpha = 6,
                                   .scaling = LoraScaling::kRankStabilised,
                                   .dora = true,
                                   .init = LoraInit::kPissa}},
            {.method = NormOptions{}},
            {.method = Ia3Options{}},
            {.method = PromptOptions{.tokens = 3}},
            {.method = PrefixOptions{.tokens = 3}}};
  }
};
constexpr const char* kPeftModels[] = {"bert", "roberta", "distilbert", "electra", "modernbert",
                                       "gpt2", "llama",   "qwen2",      "qwen3",   "gemma3"};
INSTANTIATE_TEST_SUITE_P(Tiny, PeftClientOfMethods,
                         testing::Combine(testing::ValuesIn(kPeftModels), testing::Range(0, 8)), [](const auto& info) {
                           return fmt::format("{}_{}", std::get<0>(info.param), std::get<1>(info.param));
                         });

TEST_P(PeftClientOfMethods, HasOurOutputsAndGradients) {
  const auto& [name, number] = GetParam();
  const TuningOptions options = methods()[static_cast<size_t>(number)];
  const std::string folder = test::tiny_folder(name);
  const bool bert = folder == test::kTinyBert;
  const tensor::PackedBatch batch = bert ? tiny_batch() : test::golden_batch(test::golden_in(folder));
  const auto own = bert ? std::optional(models::Pooling::kPooler) : std::nullopt;
  if (!test::refusal(options, *test::classifier_in(folder, {.pooling = own})).empty()) {
    GTEST_SKIP() << "this architecture refuses the method";
  }
  expect_peft_agrees(options, own, folder, batch);
  tensor::PackedBatch of_states = batch;
  if (!options.merges()) of_states.type_ids = batch.type_ids.mul(0);  // PEFT drops them before AutoModel
  expect_peft_agrees(options, models::Pooling::kMean, folder, of_states);
}

/// One step of SGD on the sum of the logits' squares; rates as the method says.
void step_once(models::TextClassifier& model, const Applied& applied, const tensor::PackedBatch& batch, double lr) {
  nn::ParameterStore& store = model.parameters();
  store.zero_gradients();
  model.forward(batch, {}).square().sum().backward();
  const at::NoGradGuard stepping;
  for (const nn::Parameter& parameter : store.parameters()) {
    if (!parameter.trainable) continue;
    const auto rate = std::ranges::find(applied.rates, parameter.name, &std::pair<std::string, double>::first);
    parameter.view.detach().sub_(parameter.view.grad() * (rate == applied.rates.end() ? lr : lr * rate->second));
  }
}

TEST_F(PeftClient, OneStepComesToPeftsWeights) {
  constexpr double kRate = 0.01;
  const TuningOptions methods[] = {
      {.method = LoraOptions{.rank = 3, .alpha = 6}},
      {.method = LoraOptions{.rank = 3, .alpha = 6, .b_lr_ratio = 8}},
      {.method = LoraOptions{.rank = 3, .alpha = 6, .scaling = LoraScaling::kRankStabilised}},
      {.method = LoraOptions{.rank = 3, .alpha = 6, .dora = true}},
      {.method = LoraOptions{.rank = 3, .alpha = 6, .init = LoraInit::kPissa}},
      {.method = NormOptions{}},
      {.method = Ia3Options{}},
      {.method = PromptOptions{.tokens = 3}},
      {.method = PrefixOptions{.tokens = 3}}};
  for (const TuningOptions& options : methods) {
    SCOPED_TRACE(to_json_text(write_options(options)));
    const auto model = test::tiny_classifier({.pooling = models::Pooling::kPooler});
    tensor::TensorMap before = model->merged_tensors().read_all();
    const Applied applied = apply(options, *model, 11);
    before.merge(tensors_beside(*model));
    for (auto& [name, tensor] : before) tensor = tensor.clone();  // it may share the model's memory
    const auto* lora = std::get_if<LoraOptions>(&options.method);
    checkpoint::write_peft_directory(directory_.folder("adapter"), adapter_of(*model, options).value(),
                                     test::layout_of(checkpoint::open_hf_directory(test::kTinyBert).config));
    step_once(*model, applied, tiny_batch(), kRate);
    tensor::TensorMap after = model->merged_tensors().read_all();
    after.merge(tensors_beside(*model));
    int64_t moved = 0;
    for (const auto& [name, tensor] : after) moved += (tensor - before.at(name)).abs().max().item<double>() > 1e-5;
    checkpoint::write_tensors(directory_ / "ours.safetensors", after);
    write_rows(tiny_batch(), Json{{"lr", kRate},
                                  {"b_lr_ratio", lora == nullptr ? 1.0 : lora->b_lr_ratio},
                                  {"pissa", lora != nullptr && lora->init == LoraInit::kPissa},
                                  {"moved", moved}});
    const auto run = test::run_client("tests/tuning/clients/peft_steps.py", {directory_.path(), test::kTinyBert});
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_NE(run.output.find("all checks hold"), std::string::npos) << run.output;
  }
}

/// Last name parts of maps to adapt and whole names of norms, of a tiny model.
struct TheirTargets {
  const char* model;
  std::vector<std::string> maps;  // the first one by its input, of IA3
  std::vector<std::string> norms;
};

TEST_F(PeftClient, AdaptersThatPeftWroteGiveItsLogits) {
  const TheirTargets all[] = {{"bert", {"output.dense", "value"}, {"LayerNorm"}},
                              {"gpt2", {"mlp.c_proj", "c_attn"}, {"ln_1", "ln_2", "ln_f"}},
                              {"llama", {"down_proj", "v_proj"}, {"input_layernorm", "post_attention_layernorm"}}};
  for (const TheirTargets& targets : all) {
    const std::string folder = test::tiny_folder(targets.model);
    const bool bert = folder == test::kTinyBert;
    const auto model =
        test::classifier_in(folder, {.pooling = bert ? std::optional(models::Pooling::kPooler) : std::nullopt});
    const checkpoint::ModelLayout layout = test::layout_of(checkpoint::open_hf_directory(folder).config);
    const tensor::PackedBatch batch = bert ? tiny_batch() : test::golden_batch(test::golden_in(folder));
    AdapterSet adapters(*model);
    for (const char* kind : {"lora", "dora", "ia3", "norm", "prompt", "prefix"}) {
      SCOPED_TRACE(fmt::format("{} {}", targets.model, kind));
      write_rows(batch, Json{{"maps", targets.maps}, {"norms", targets.norms}});
      const auto run =
          test::run_client("tests/tuning/clients/peft_writes_adapter.py", {directory_.path(), folder, kind});
      ASSERT_EQ(run.status, 0) << run.output;
      adapters.add(kind, checkpoint::read_peft_directory(directory_ / "adapter", layout));
      adapters.use(kind);
      const at::Tensor theirs = checkpoint::read_tensors(directory_ / "theirs.safetensors").at("logits");
      const at::NoGradGuard scoring;
      EXPECT_LT((model->forward(batch, {}) - theirs).abs().max().item<double>(), 1e-5);
    }
  }
}

}  // namespace
}  // namespace rift::tuning
