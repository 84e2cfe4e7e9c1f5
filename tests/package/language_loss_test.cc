#include "rift/package/language_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "package/small_dataset.h"
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

TEST(LanguageLoss, AnEmptyTextHasNothingToGuess) {
  const TempDirectory folder;
  const LanguageLoss loss = loss_of(constant_model(folder, 6), {""});
  EXPECT_EQ(loss.tokens, 0);
  EXPECT_EQ(loss.nats_per_token, 0.0);
}

TEST(LanguageLoss, WithoutAHeadItSaysSo) {
  const TempDirectory folder;
  EXPECT_THAT(loss_of(test::small_backbone(folder), {"loan"}).why_not, testing::HasSubstr("no language head"));
}

}  // namespace
}  // namespace rift::package
