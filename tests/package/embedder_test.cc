#include "rift/package/embedder.h"

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "package/small_dataset.h"
#include "rift/checkpoint/sentence_transformers.h"
#include "rift/package/inputs.h"
#include "rift/package/text_model.h"
#include "support/failure.h"

// Vectors beside those of transformers and sentence-transformers: tests/study/files/embed_client_test.cc.
namespace rift::package {
namespace {

using models::Pooling;
using test::failure;
using test::small_backbone;
using test::small_dataset;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

EmbedderSpec spec_of(const std::filesystem::path& directory) {
  EmbedderSpec spec{.directory = directory, .schema = small_dataset(1).schema, .text = {}};
  spec.max_tokens = 12;
  return spec;
}

double norm(const Embeddings& found, int64_t width, int64_t row) {
  double sum = 0;
  for (int64_t k = 0; k < width; ++k) sum += std::pow(found.values[static_cast<size_t>(row * width + k)], 2);
  return std::sqrt(sum);
}

TEST(Embedder, GivesWhatTheModelPools) {
  const TempDirectory folder;
  const auto backbone = small_backbone(folder);
  const data::Dataset dataset = small_dataset(50);
  EmbedderSpec spec = spec_of(backbone);
  const Embedder automatic(spec);
  EXPECT_EQ(automatic.pooling(), "pooler");
  for (const Pooling pooling : {Pooling::kPooler, Pooling::kCls, Pooling::kMean, Pooling::kLast}) {
    spec.pooling = pooling;
    const Embedder embedder(spec);
    const Embeddings found = embedder.embed(dataset.table);
    ASSERT_EQ(found.rows, 50);
    ASSERT_EQ(found.values.size(), 50u * 8u);
    // The classifier's own pooling, row by row.
    const TextModel text = load_text_model({.directory = backbone, .pooling = pooling});
    const TextInputs inputs(dataset.schema, {}, text.tokenizer, 12);
    for (const int64_t row : {0, 7, 49}) {
      const std::vector<int64_t> one = {row};
      const auto batch =
          make_batch(inputs.encode(dataset.table, one), std::vector<int64_t>{0}, c10::Device(c10::DeviceType::CPU));
      const at::Tensor hidden = text.model->encoder().forward(batch, {}, text.model->tokens_read());
      const at::Tensor pooled = text.model->pool_read(text.model->read(hidden, batch), batch, {});
      for (int64_t k = 0; k < 8; ++k)
        EXPECT_NEAR(found.values[static_cast<size_t>(row * 8 + k)], pooled[0][k].item<float>(), 1e-6);
    }
  }
}

TEST(Embedder, UnitLengthIsAskedForOrStatedInModulesJson) {
  const TempDirectory folder;
  const auto backbone = small_backbone(folder);
  const data::Dataset dataset = small_dataset(5);
  EmbedderSpec spec = spec_of(backbone);
  EXPECT_FALSE(Embedder(spec).unit_length());
  spec.length = EmbedderSpec::Length::kUnit;
  EXPECT_NEAR(norm(Embedder(spec).embed(dataset.table), 8, 3), 1.0, 1e-6);
  checkpoint::write_sentence_transformers(backbone, {.pooling = "mean", .width = 8, .max_tokens = 9});
  spec.length = EmbedderSpec::Length::kAsTheModel;
  spec.max_tokens = 0;
  const Embedder plain(spec);
  EXPECT_FALSE(plain.unit_length());
  EXPECT_EQ(plain.pooling(), "mean");
  EXPECT_EQ(plain.max_tokens(), 9);
  Json modules = read_json(backbone / "modules.json");
  modules.push_back(Json{{"type", "sentence_transformers.models.Normalize"}, {"path", "2_Normalize"}});
  folder.write("base/modules.json", to_json_text(modules));
  const Embedder unit(spec);
  EXPECT_TRUE(unit.unit_length());
  EXPECT_NEAR(norm(unit.embed(dataset.table), 8, 3), 1.0, 1e-6);
  spec.length = EmbedderSpec::Length::kAsComputed;
  EXPECT_FALSE(Embedder(spec).unit_length());
}

TEST(Embedder, WhatItWouldGetWrongIsRefused) {
  const TempDirectory folder;
  const auto backbone = small_backbone(folder, false);
  EmbedderSpec spec = spec_of(backbone);
  EXPECT_EQ(Embedder(spec).pooling(), "mean");
  spec.pooling = Pooling::kPooler;
  EXPECT_THAT(failure([&] { Embedder{spec}; }), HasSubstr("pooler"));
  spec.pooling = Pooling::kAutomatic;
  spec.precision = score::Precision::kInt8;
  EXPECT_THAT(failure([&] { Embedder{spec}; }), HasSubstr("--precision int8"));  // widths of 8
  spec.precision = score::Precision::kF32;
  folder.write("base/modules.json", R"([{"type":"x.Transformer","path":""},{"type":"x.Dense","path":"2_Dense"}])");
  EXPECT_THAT(failure([&] { Embedder{spec}; }), HasSubstr("'Dense'"));
  spec.pooling = Pooling::kMean;
  EXPECT_EQ(Embedder(spec).pooling(), "mean");
  folder.write("base/modules.json", R"([{"type":"x.Transformer","path":""}])");
  folder.write("base/config_sentence_transformers.json",
               R"({"prompts": {"query": "query: "}, "default_prompt_name": "query"})");
  EXPECT_EQ(Embedder(spec).pooling(), "mean");
  spec.pooling = Pooling::kAutomatic;
  EXPECT_THAT(failure([&] { Embedder{spec}; }),
              AllOf(StartsWith("unsupported"), HasSubstr("default_prompt_name 'query'"), HasSubstr("--pooling")));
}

TEST(Embedder, CountsTokensWordsAndWhatItDoesNotKnow) {
  const TempDirectory folder;
  EmbedderSpec spec = spec_of(small_backbone(folder));
  spec.max_tokens = 5;
  const Embedder embedder(spec);
  data::Texts texts;
  texts.append("the loan was later");  // later = late ##r
  texts.append("the bank");            // bank is unknown
  texts.append("paid");
  data::Table table;
  table.rows = 3;
  table.columns.push_back({.name = "note", .values = std::move(texts)});
  const TokenCounts counts = embedder.count_tokens(table);
  EXPECT_EQ(counts.rows, 3);
  EXPECT_EQ(counts.tokens, 8);
  EXPECT_EQ(counts.words, 7);
  EXPECT_EQ(counts.unknown, 1);
  EXPECT_EQ(counts.truncated, 1);
  EXPECT_EQ(embedder.embed(table).truncated, 1);
}

}  // namespace
}  // namespace rift::package
