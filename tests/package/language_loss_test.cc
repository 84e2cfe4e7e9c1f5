#include "rift/package/language_loss.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "package/small_dataset.h"
#include "rift/base/files.h"
#include "rift/checkpoint/load_model.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/models/language_model.h"
#include "rift/package/embedder.h"

// The language model itself beside transformers': tests/models/language_model_test.cc.
namespace rift::package {
namespace {

using test::TempDirectory;

constexpr double kVocabulary = 50;  // of the small config

/// A BERT whose language head says the same of every token: `raised` three times as often as each other one.
std::filesystem::path constant_model(const TempDirectory& folder, int64_t raised) {
  const auto root = test::small_backbone(folder);
  auto tensors = test::small_tensors(0, true);
  for (const auto& entry : test::small_layout().language_head) {
    at::Tensor tensor = at::empty(entry.shape).zero_();
    if (entry.name.ends_with("LayerNorm.weight")) tensor.fill_(1.0);
    if (entry.name == "cls.predictions.bias") tensor[raised] = std::log(3.0);
    tensors.emplace(entry.name, tensor);
  }
  checkpoint::write_tensors(root / "model.safetensors", tensors);
  return root;
}

LanguageLoss loss_of(const std::filesystem::path& root, const std::vector<std::string>& texts) {
  data::Texts column;
  for (const std::string& text : texts) column.append(text);
  data::Table table;
  table.rows = static_cast<int64_t>(texts.size());
  table.columns.push_back({.name = "note", .values = std::move(column)});
  EmbedderSpec spec{.directory = root, .schema = test::small_dataset(1).schema, .text = {}};
  spec.max_tokens = 12;
  return Embedder(spec).language_loss(table);
}

TEST(LanguageLoss, IsTheMeanOfWhatHiddenTokensCost) {
  const TempDirectory folder;
  const auto root = constant_model(folder, 6);  // "loan"
  // One token of each text is hidden: 15 % of at most 10, at least one.
  const LanguageLoss all =
      loss_of(root, {"loan loan loan", "loan", "loan loan loan loan loan loan loan loan loan loan"});
  EXPECT_EQ(all.objective, "masked_token");
  EXPECT_EQ(all.tokens, 3);
  EXPECT_NEAR(all.nats_per_token, std::log((kVocabulary + 2) / 3), 1e-5);
  const LanguageLoss none = loss_of(root, {"paid late", "the"});
  EXPECT_NEAR(none.nats_per_token, std::log(kVocabulary + 2), 1e-5);
  const LanguageLoss half = loss_of(root, {"loan", "paid"});
  EXPECT_NEAR(half.nats_per_token, std::log(kVocabulary + 2) - std::log(3.0) / 2, 1e-5);
}

TEST(LanguageLoss, RowsWithoutATextDoNotCount) {
  const TempDirectory folder;
  const auto root = constant_model(folder, 6);
  std::vector<std::string> texts(700);
  const LanguageLoss none = loss_of(root, texts);
  EXPECT_THAT(none.why_not, testing::HasSubstr("no tokens to guess"));
  EXPECT_EQ(none.objective, "");
  texts.resize(900, "loan");
  const LanguageLoss some = loss_of(root, texts);
  EXPECT_EQ(some.tokens, 200) << "the rows behind the empty ones";
  EXPECT_NEAR(some.nats_per_token, std::log((kVocabulary + 2) / 3), 1e-5);
}

TEST(LanguageLoss, OfManyRowsASampleIsDrawn) {
  const TempDirectory folder;
  std::vector<std::string> texts(1000, "loan");
  texts.resize(2000, "paid");
  const LanguageLoss loss = loss_of(constant_model(folder, 6), texts);
  EXPECT_EQ(loss.tokens, 512);
  const double loans = (std::log(kVocabulary + 2) - loss.nats_per_token) / std::log(3.0);  // share of the sample
  EXPECT_NEAR(loans, 0.5, 0.1) << "the first 512 rows are loans alone";
}

TEST(LanguageLoss, TheMaskIsTheOneThatTheTokenizersFilesName) {
  const TempDirectory folder;
  const auto root = constant_model(folder, 6);
  std::string vocabulary = read_file(root / "vocab.txt");
  const size_t place = vocabulary.find("[MASK]");
  ASSERT_NE(place, std::string::npos);
  folder.write("base/vocab.txt", vocabulary.replace(place, 6, "<blank>"));
  EXPECT_THAT(loss_of(root, {"loan"}).why_not, testing::HasSubstr("no mask token"));
  folder.write("base/special_tokens_map.json", R"({"mask_token": "<blank>"})");
  EXPECT_EQ(loss_of(root, {"loan"}).tokens, 1);
}

/// -ln p of a row's last token, of a model that is shown the tokens before it and nothing else.
double cost_of_last(const models::LanguageModel& model, std::span<const int32_t> ids) {
  tensor::TokenRows rows;
  rows.add_row(ids.first(ids.size() - 1), 0);
  const at::NoGradGuard no_gradient;
  const at::Tensor states = model.encoder().forward(tensor::make_packed_batch(rows, at::kCPU), {});
  const at::Tensor said = at::log_softmax(model.language_head().logits(states.narrow(0, states.size(0) - 1, 1)), 1);
  return -said[0][ids.back()].item<double>();
}

TEST(LanguageLoss, ADecoderGuessesEachTokenFromThoseBeforeIt) {
  const TempDirectory folder;
  const auto root = test::encoder_backbone(folder, "llama");
  Json config = read_json(root / "config.json");  // with tied embeddings: the head is in the file
  config["architectures"] = Json(Json::Array{"LlamaForCausalLM"});
  folder.write("base/config.json", to_json_text(config));
  const std::vector<std::string> texts = {"loan was paid", "late", "the loan was late", ""};
  const LanguageLoss loss = loss_of(root, texts);
  EXPECT_EQ(loss.objective, "next_token") << loss.why_not;
  const auto base = checkpoint::open_hf_directory(root);
  const auto layout = models::describe_text_model(base.config, "config.json").layout;
  const models::LanguageModel model({.config = base.config},
                                    checkpoint::load_model(base, layout, {.language_head = true}).tensors);
  const auto tokenizer = encode::text::load_tokenizer(root);
  double sum = 0.0;
  int64_t tokens = 0;
  for (const std::string& text : texts) {
    encode::text::Encoding encoding;
    tokenizer->encode(text, {}, encoding);  // [CLS] text [SEP], of which the text is guessed
    for (size_t length = 2; length < encoding.ids.size(); ++length, ++tokens)
      sum += cost_of_last(model, std::span(encoding.ids).first(length));
  }
  EXPECT_EQ(tokens, 8);
  EXPECT_EQ(loss.tokens, tokens);
  EXPECT_NEAR(loss.nats_per_token, sum / static_cast<double>(tokens), 1e-5);
}

TEST(LanguageLoss, WithoutAHeadItSaysSo) {
  const TempDirectory folder;
  EXPECT_THAT(loss_of(test::small_backbone(folder), {"loan"}).why_not, testing::HasSubstr("no language head"));
}

}  // namespace
}  // namespace rift::package
