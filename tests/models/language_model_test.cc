#include "rift/models/language_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/golden_case.h"
#include "models/tiny_encoders.h"
#include "models/tiny_model.h"
#include "rift/checkpoint/tensor_file.h"
#include "support/failure.h"
#include "support/temp_directory.h"

// Language heads beside transformers. Golden values: tools/fixtures/models/language_heads_golden.py.
namespace rift::models {
namespace {

using test::expect_gradient;
using test::golden_batch;
using test::golden_in;
using test::kForward;
using test::numbers_of;

constexpr const char* kHeads = "tests/models/fixtures/language_heads/";

/// A directory as transformers' language model is saved: the tiny encoder's tensors and the head's.
class LanguageModels : public testing::TestWithParam<const char*> {
 protected:
  std::string name() const { return GetParam(); }
  Json head_golden() const {
    const std::string file = kHeads + name() + ".json";
    return parse_json(read_file(file), file);
  }
  Json encoder_golden() const { return golden_in(test::tiny_folder(name())); }

  checkpoint::HfDirectory directory(const std::string& architecture, bool with_head) const {
    const std::string encoder = test::tiny_folder(name());
    Json config = parse_json(read_file(encoder + "/config.json"), "config.json");
    Json architectures = Json::array();
    architectures.push_back(architecture);
    config["architectures"] = std::move(architectures);
    write_file_atomic(folder_ / "config.json", to_json_text(config));
    const std::string base(architecture_of(config, "config.json").base_prefix);
    tensor::TensorMap tensors = checkpoint::read_tensors(std::filesystem::path(encoder + "/model.safetensors"));
    std::erase_if(tensors, [&](const auto& entry) { return !entry.first.starts_with(base); });
    if (with_head) tensors.merge(checkpoint::read_tensors(std::filesystem::path(kHeads + name() + ".safetensors")));
    checkpoint::write_tensors(folder_ / "model.safetensors", tensors);
    return checkpoint::open_hf_directory(folder_.path());
  }
  LanguageModel model(bool with_head = true, at::ScalarType dtype = at::kFloat) const {
    const auto opened = directory(head_golden().at("class").as_string(), with_head);
    const auto loaded = test::load_weights(opened, {.language_head = true});
    return LanguageModel({.config = opened.config, .dtype = dtype}, loaded.tensors);
  }
  /// Of every target of the golden file, in its order.
  static at::Tensor logits_of(const LanguageModel& model, const tensor::PackedBatch& batch, const Json& golden) {
    std::vector<int64_t> tokens;
    for (const Json& target : golden.at("targets").as_array()) {
      const auto row = static_cast<size_t>(target.at(size_t{0}).as_int());
      tokens.push_back(batch.row_begin_host[row] + target.at(size_t{1}).as_int());
    }
    const at::Tensor states = model.encoder().forward(batch, {});
    return model.language_head().logits(states.index_select(0, at::tensor(tokens, at::kLong)));
  }
  test::TempDirectory folder_;
};

INSTANTIATE_TEST_SUITE_P(Tiny, LanguageModels,
                         testing::Values("bert", "roberta", "xlm_roberta", "distilbert", "electra", "modernbert",
                                         "modernbert_mean"),
                         [](const auto& model) { return std::string(model.param); });

TEST_P(LanguageModels, LogitsLossAndEveryGradientEqualTransformers) {
  const Json golden = head_golden();
  LanguageModel model = this->model();
  EXPECT_EQ(model.objective(), LanguageObjective::kMaskedToken);
  EXPECT_TRUE(model.new_parameters().empty());
  const at::Tensor logits = logits_of(model, golden_batch(encoder_golden()), golden);
  const at::Tensor expected = at::tensor(numbers_of(golden.at("logits")), at::kDouble).view(logits.sizes());
  EXPECT_LT((logits - expected).abs().max().item<double>(), kForward);
  std::vector<int64_t> wanted;
  for (const Json& target : golden.at("targets").as_array()) wanted.push_back(target.at(size_t{2}).as_int());
  const at::Tensor loss = at::cross_entropy_loss(logits, at::tensor(wanted, at::kLong));
  EXPECT_NEAR(loss.item<double>(), golden.at("loss").as_double(), kForward);
  loss.backward();
  EXPECT_EQ(model.parameters().parameters().size(), golden.at("gradients").size());
  for (const auto& [name, summary] : golden.at("gradients").as_object()) {
    expect_gradient(model.parameters().at(name).view.grad(), summary, name);
  }
}

TEST_P(LanguageModels, AMissingHeadIsNewAndListedAndFollowsFromTheSeed) {
  LanguageModel model = this->model(false);
  EXPECT_EQ(model.new_parameters(), model.head().parameters);
  EXPECT_FALSE(model.head().parameters.empty());
  for (const std::string& name : model.new_parameters()) {
    const at::Tensor values = model.parameters().at(name).view;
    if (values.dim() > 1) {
      EXPECT_GT(values.std().item<double>(), 0.0) << name;
    } else {
      EXPECT_EQ(values.min().item<double>(), values.max().item<double>()) << name;
    }
  }
  const LanguageModel again = this->model(false);
  const tensor::TensorMap tensors = model.tensors().read_all(), others = again.tensors().read_all();
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(tensor.equal(others.at(name))) << name;
}

TEST_P(LanguageModels, FromScratchEveryParameterIsNew) {
  const Json config = directory("", false).config;
  const LanguageModel model({.config = config, .from_scratch = true, .seed = 7}, {});
  EXPECT_EQ(model.new_parameters().size(), model.parameters().parameters().size());
  const at::Tensor words = model.parameters().parameters().front().view;  // the word embeddings
  // A normal distribution that is cut off at two deviations has .8796 of its deviation.
  const double kept = config.at("model_type").as_string() == "modernbert" ? 0.8796 : 1.0;
  EXPECT_NEAR(words.std().item<double>(), kept * config.at("initializer_range").as_double(), 0.01);
  const LanguageModel other({.config = config, .from_scratch = true, .seed = 8}, {});
  EXPECT_FALSE(words.equal(other.parameters().parameters().front().view));
}

TEST_P(LanguageModels, AnEncoderThatIsMissingIsRefused) {
  const Json config = directory("", false).config;
  EXPECT_THAT(test::message_of(Code::kArtefact, [&] { LanguageModel({.config = config}, {}); }),
              testing::HasSubstr("is missing from the pretrained weights"));
}

TEST_P(LanguageModels, AnUntiedVocabularyHasAWeightOfItsOwn) {
  Json config = directory("", false).config;
  config["tie_word_embeddings"] = false;
  const LanguageModel model({.config = config, .from_scratch = true}, {});
  const LanguageModel tied({.config = directory("", false).config, .from_scratch = true}, {});
  EXPECT_EQ(model.head().parameters.size(), tied.head().parameters.size() + 1);
  const auto layout = test::layout_of(config);
  EXPECT_EQ(layout.language_head.size(), model.head().parameters.size());
}

}  // namespace
}  // namespace rift::models
