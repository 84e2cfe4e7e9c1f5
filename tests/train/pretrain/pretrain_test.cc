#include "rift/train/pretrain/pretrain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/gguf_variant.h"
#include "rift/base/files.h"
#include "rift/package/backbone.h"
#include "rift/package/model_tokenizer.h"
#include "rift/package/text_model.h"
#include "support/failure.h"
#include "train/pretrain/small_texts.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Pretrain : public testing::Test {
 protected:
  Pretrain() : options_(test::small_pretraining(folder_.path())) {}
  Json run(const std::string& name, bool resume = false) const {
    return pretrain(
        {.options = options_, .base_directory = folder_.path(), .directory = folder_ / name, .resume = resume});
  }
  std::string refusal(Code code) const {
    return test::message_of(code, [&] { run("refused"); });
  }
  static double loss(const Json& figures) { return figures.at("loss").as_double(); }
  test::TempDirectory folder_;
  PretrainOptions options_;
};

TEST_F(Pretrain, FromScratchAModelLearnsAndTheNextPretrainingGoesOnWhereItEnded) {
  const Json first = run("first");
  const Json& best = first.at("best").at("figures");
  EXPECT_LT(loss(best), 0.75 * loss(first.at("start")));
  EXPECT_EQ(first.at("objective").as_string(), "masked_token");
  EXPECT_TRUE(first.at("model").at("from_scratch").as_bool());
  EXPECT_EQ(first.at("data").at("documents").as_int(), 300);
  EXPECT_FALSE(fs::exists(folder_ / "first/tokens"));  // texts do not stay behind
  EXPECT_TRUE(fs::exists(folder_ / "first/tb"));
  const Json config = read_json(folder_ / "first/model/config.json");
  EXPECT_EQ(config.at("architectures").at(size_t{0}).as_string(), "BertForMaskedLM");
  EXPECT_LE(config.at("vocab_size").as_int(), 120);

  options_.model.text.config.reset();
  options_.tokenizer.train.reset();
  options_.model.text.backbone = (folder_ / "first").string();
  options_.optim.epochs = 0.5;
  const Json second = run("second");
  EXPECT_NEAR(loss(second.at("start")), loss(best), 1e-9);
  EXPECT_EQ(second.at("model").at("new_head").size(), 0u);
}

TEST_F(Pretrain, TheResultIsABackboneOfFineTuning) {
  options_.optim.epochs = 0.3;
  run("run");
  const package::TextModel model = package::load_text_model({.directory = folder_ / "run/model", .max_tokens = 16});
  EXPECT_EQ(model.model->pooling(), models::Pooling::kMean);  // a language model has no pooler
  EXPECT_EQ(model.model->new_parameters().size(), 2u);        // the classifier
}

TEST_F(Pretrain, TokensThatDocumentsBeginAndEndWithAreTheTokenizersOrRefused) {
  const std::string gpt2 = R"({"model_type": "gpt2", "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32)";
  options_.tokenizer.train->kind = encode::text::Gpt2Training{};
  options_.tokenizer.train->vocab_size = 300;
  options_.optim.epochs = 0.1;
  folder_.write("bert.json", gpt2 + R"(, "eos_token_id": 50256})");
  EXPECT_THAT(refusal(Code::kConfig), AllOf(HasSubstr("eos_token_id is 50256"), HasSubstr("leave it out")));
  folder_.write("bert.json", gpt2 + R"(, "bos_token_id": null})");
  run("run");
  const Json config = read_json(folder_ / "run/model/config.json");
  EXPECT_TRUE(config.at("bos_token_id").is_integer());
  EXPECT_EQ(config.at("bos_token_id"), config.at("eos_token_id"));
  folder_.write("bert.json", gpt2 + R"(, "eos_token_id": )" + to_json_text(config.at("eos_token_id")) + "}");
  run("stated");
}

TEST_F(Pretrain, TakenUpAtACheckpointItComesToTheSameBytes) {
  run("whole");
  fs::copy(folder_ / "whole", folder_ / "again", fs::copy_options::recursive);
  fs::remove_all(folder_ / "again/model");
  for (const auto& entry : fs::directory_iterator(folder_ / "again/checkpoints")) {
    if (entry.path().filename() > "step-000010") fs::remove_all(entry.path());
  }
  const Json metrics = run("again", /*resume=*/true);
  for (const char* file : {"log.jsonl", "model/model.safetensors", "model/config.json", "model/tokenizer.json"}) {
    EXPECT_EQ(test::text_of(folder_ / "again" / file), test::text_of(folder_ / "whole" / file)) << file;
  }
  EXPECT_EQ(metrics.at("steps").as_int(), metrics.at("total_steps").as_int());
}

TEST_F(Pretrain, ACheckpointOfOtherTextsIsRefused) {
  run("run");
  test::write_plainly(folder_ / "texts.txt", test::small_texts(299));
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run("run", /*resume=*/true); }), HasSubstr("another run"));
}

TEST_F(Pretrain, ErrorsSayWhatDoesNotFit) {
  options_.pretrain.objective = PretrainObjective::kNextToken;
  EXPECT_THAT(refusal(Code::kConfig), AllOf(HasSubstr("next_token is not what a BERT is made for")));
  options_.pretrain.objective = PretrainObjective::kAutomatic;
  options_.model.text.max_tokens = 33;
  EXPECT_THAT(refusal(Code::kConfig), HasSubstr("33 tokens, but the model has 32 positions"));
  options_.model.text.max_tokens = 2;
  EXPECT_THAT(refusal(Code::kConfig), HasSubstr("give at least 3"));
  options_.model.text.max_tokens = 16;
  Json config = parse_json(test::kTinyBertConfig, "bert.json");
  config["vocab_size"] = int64_t{50};
  test::write_plainly(folder_ / "bert.json", to_json_text(config));
  EXPECT_THAT(refusal(Code::kConfig), HasSubstr("vocab_size is 50, but the tokenizer has"));
  config.erase("vocab_size");
  config["model_type"] = "t5";
  test::write_plainly(folder_ / "bert.json", to_json_text(config));
  EXPECT_THAT(refusal(Code::kUnsupported), HasSubstr("t5"));
  test::write_plainly(folder_ / "bert.json", test::kTinyBertConfig);
  test::write_plainly(folder_ / "texts.txt", "a bank\n");
  EXPECT_THAT(refusal(Code::kData), HasSubstr("pretrain.held_out"));
  test::write_plainly(folder_ / "texts.txt", " \n\n");
  EXPECT_THAT(refusal(Code::kData), testing::Not(testing::IsEmpty()));
}

TEST_F(Pretrain, InBf16ItLearnsAsInF32) {
  Json config = parse_json(test::kTinyBertConfig, "bert.json");
  config["hidden_dropout_prob"] = config["attention_probs_dropout_prob"] = 0.0;
  test::write_plainly(folder_ / "bert.json", to_json_text(config));
  const Json f32 = run("f32");
  options_.train.precision = Precision::kBf16;
  const Json bf16 = run("bf16");
  EXPECT_EQ(f32.at("precision").as_string(), "f32");
  EXPECT_EQ(bf16.at("precision").as_string(), "bf16");
  EXPECT_EQ(f32.at("start"), bf16.at("start"));  // evaluations are in f32
  const double expected = loss(f32.at("best").at("figures")), got = loss(bf16.at("best").at("figures"));
  EXPECT_NE(got, expected);
  EXPECT_NEAR(got, expected, 0.02 * expected);
  EXPECT_LT(got, 0.75 * loss(bf16.at("start")));
}

TEST_F(Pretrain, OptionsWithoutAnEffectAreRefused) {
  test::write_plainly(folder_ / "bert.json", R"({"model_type": "gpt2", "n_embd": 32, "n_layer": 1, "n_head": 2,
                                                 "n_positions": 32})");
  options_.tokenizer.train->kind = encode::text::Gpt2Training{};
  options_.tokenizer.train->vocab_size = 300;
  options_.train.precision = Precision::kBf16;
  EXPECT_THAT(refusal(Code::kConfig), HasSubstr("train.precision: bf16 runs on the fused engine only"));
  options_.train.precision = Precision::kF32;
  options_.pretrain.mask_share = 0.2;
  EXPECT_THAT(refusal(Code::kConfig), HasSubstr("pretrain.mask_share: a GPT-2 says next tokens and hides none"));
  options_.pretrain.mask_share = LanguageOptions{}.mask_share;
  options_.pretrain.whole_word = false;
  EXPECT_THAT(refusal(Code::kConfig), HasSubstr("pretrain.whole_word: a GPT-2"));
}

TEST_F(Pretrain, PaddingIsTheTokenizers) {
  options_.optim.epochs = 0.1;
  Json config = parse_json(test::kTinyBertConfig, "bert.json");
  config["pad_token_id"] = int64_t{3};
  test::write_plainly(folder_ / "bert.json", to_json_text(config));
  EXPECT_THAT(refusal(Code::kConfig), HasSubstr("pad_token_id is 3, but the tokenizer pads with token 0"));
  test::write_plainly(folder_ / "bert.json", test::kTinyBertConfig);
  run("run");
  EXPECT_EQ(read_json(folder_ / "run/model/config.json").at("pad_token_id").as_int(), 0);
}

TEST_F(Pretrain, ATokenizerWithoutAMaskIsRefused) {
  options_.optim.epochs = 0.1;
  run("run");
  fs::copy(folder_ / "run/tokenizer", folder_ / "gpt2", fs::copy_options::recursive);
  options_.tokenizer.train->kind = encode::text::Gpt2Training{};
  options_.tokenizer.train->vocab_size = 400;
  EXPECT_THAT(refusal(Code::kConfig), HasSubstr("has no mask token"));
}

/// A small GGUF file, its tokenizer inside, trained further on texts.txt.
class PretrainGguf : public Pretrain, public testing::WithParamInterface<const char*> {
 protected:
  PretrainGguf() {
    options_.model.text.config.reset();
    options_.tokenizer.train.reset();
    options_.model.text.backbone = fs::absolute(test::gguf_fixture(GetParam())).string();
    options_.optim.epochs = 0.5;
  }
};

INSTANTIATE_TEST_SUITE_P(Small, PretrainGguf, testing::Values("bert", "gpt2", "llama", "smollm", "qwen3", "gemma3"),
                         [](const auto& file) { return std::string(file.param); });

TEST_P(PretrainGguf, IsTrainedFurtherAndPublishedAsADirectoryWithItsTokenizer) {
  const Json first = run("first");
  EXPECT_LT(loss(first.at("best").at("figures")), loss(first.at("start")));
  const fs::path model = folder_ / "first/model";
  EXPECT_TRUE(fs::exists(model / "model.safetensors"));
  const auto of_file = package::load_tokenizer(fs::path(options_.model.text.backbone));
  const auto of_model = encode::text::load_tokenizer(model);
  for (const char* text : {"The lender refuses a mortgage.", "\u501f\u6b3e 100% caf\u00e9 \n <s>"}) {
    encode::text::Encoding one, other;
    of_file->encode(text, {}, one);
    of_model->encode(text, {}, other);
    EXPECT_EQ(one.ids, other.ids) << text;
  }
  // What was published is the model that was best, and goes on with the same tokens.
  options_.model.text.backbone = (folder_ / "first").string();
  const Json second = run("second");
  EXPECT_NEAR(loss(second.at("start")), loss(first.at("best").at("figures")), 1e-9);
  EXPECT_EQ(second.at("data").at("train").at("tokens"), first.at("data").at("train").at("tokens"));
}

TEST(PretrainOptions, KeysThatContradictEachOtherAreRefused) {
  const auto error = [](const char* yaml) {
    return test::message_of(Code::kConfig, [&] {
      PretrainOptions options;
      read_options(parse_yaml(yaml, "run.yaml"), "run.yaml", options);
    });
  };
  EXPECT_THAT(error("model: {text: {backbone: a, config: b}}"), HasSubstr("name one of them"));
  EXPECT_THAT(error("model: {text: {config: b}}"), HasSubstr("a new model needs one"));
  EXPECT_THAT(error("tokenizer: {from: a}"), HasSubstr("the backbone has one"));
  EXPECT_THAT(error("{model: {text: {config: b}}, tokenizer: {from: a, train: {kind: bert}}}"), HasSubstr("not both"));
  EXPECT_THAT(error("train: {early_stopping: {metric: auc}}"), HasSubstr("held-out loss"));
}

}  // namespace
}  // namespace rift::train
