#include "rift/package/inputs.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "models/random_bert.h"
#include "package/small_dataset.h"
#include "rift/base/random.h"
#include "rift/base/sha256.h"
#include "rift/base/threads.h"
#include "rift/nn/engine/memory.h"
#include "support/failure.h"

namespace rift::package {
namespace {

using test::failure;
using test::small_dataset;
using test::small_directory;
using test::TempDirectory;

struct Inputs {
  TempDirectory folder;
  data::Dataset dataset = small_dataset(1500);
  TextInputs inputs{dataset.schema, {}, encode::text::load_tokenizer(small_directory(folder).encoder), 6};
};

TEST(TextInputs, RowsBecomeIdsInTheirOrder) {
  const Inputs small;
  const std::vector<int64_t> chosen = {1400, 3, 3};
  const EncodedRows rows = small.inputs.encode(small.dataset.table, chosen);
  ASSERT_EQ(rows.rows(), 3);
  const encode::text::RowTextReader reader(small.inputs.row_text(), small.dataset.table);
  for (int64_t i = 0; i < 3; ++i) {
    encode::text::Encoding expected;
    std::string text;
    reader.joined(chosen[static_cast<size_t>(i)], text);
    small.inputs.tokenizer().encode(text, {.max_tokens = 6}, expected);
    EXPECT_THAT(rows.row(i), testing::ElementsAreArray(expected.ids));
    EXPECT_LE(rows.tokens(i), 6);
  }
  EXPECT_EQ(rows.keys[1], rows.keys[2]);
  EXPECT_NE(rows.keys[0], rows.keys[1]);
}

TEST(TextInputs, ThreadsChangeNothing) {
  const Inputs small;
  set_threads(1);
  const EncodedRows one = small.inputs.encode(small.dataset.table);
  set_threads(4);
  const EncodedRows four = small.inputs.encode(small.dataset.table);
  set_threads(0);
  EXPECT_EQ(one.ids, four.ids);
  EXPECT_EQ(one.begin, four.begin);
  EXPECT_EQ(one.keys, four.keys);
  EXPECT_EQ(one.cut, four.cut);
  EXPECT_GT(one.truncated(), 0);
}

TEST(TextInputs, ARowKeepsItsKeyInEverySubset) {
  const Inputs small;
  const std::vector<int64_t> chosen = {700, 9};
  data::Dataset subset;
  subset.table = data::take(small.dataset.table, chosen);
  const std::vector<uint64_t> all = row_keys(small.dataset);
  EXPECT_THAT(row_keys(subset), testing::ElementsAre(all[700], all[9]));
  EXPECT_EQ(small.inputs.encode(subset.table).keys, row_keys(subset));
}

TEST(TextInputs, AnIdIsTheKeyWhereThereIsOne) {
  data::Dataset dataset = small_dataset(2);
  dataset.id = {"A-1", "A-2"};
  const std::string hex = sha256_hex("A-2");
  EXPECT_EQ(row_keys(dataset)[1], std::stoull(hex.substr(0, 16), nullptr, 16));
}

TEST(TextInputs, AModelThatWouldReadNothingIsRefused) {
  const Inputs small;
  data::Schema schema = small.dataset.schema;
  schema.fields[0].kind = data::Kind::kIgnore;
  const auto tokenizer = encode::text::load_tokenizer(small.folder / "base");
  EXPECT_THAT(failure([&] {
                TextInputs(schema, {.from_table = encode::text::FromTable::kNever},
                           encode::text::load_tokenizer(small.folder / "base"), 6);
              }),
              testing::StartsWith("configuration: model.text"));
}

/// A "model" that says each row's first and last id and how many tokens its batch has.
at::Tensor describe(const tensor::PackedBatch& batch) {
  const at::Tensor said = at::empty({batch.rows, 3});
  float* values = said.mutable_data_ptr<float>();
  const int64_t* ids = batch.ids.const_data_ptr<int64_t>();
  for (int64_t row = 0; row < batch.rows; ++row) {
    *values++ = static_cast<float>(ids[batch.row_begin_host[static_cast<size_t>(row)]]);
    *values++ = static_cast<float>(ids[batch.row_begin_host[static_cast<size_t>(row) + 1] - 1]);
    *values++ = static_cast<float>(batch.tokens);
  }
  return said;
}

TEST(MapRows, EveryRowGetsItsOwnAnswerInOrder) {
  EncodedRows rows;
  const CounterRandom random(1, 1);
  for (int64_t row = 0; row < 3000; ++row) {
    const int64_t length = 2 + static_cast<int64_t>(random.below(static_cast<uint64_t>(row), 20));
    for (int64_t i = 0; i < length; ++i) rows.ids.push_back(static_cast<int32_t>(row + 3 * i));
    rows.begin.push_back(static_cast<int64_t>(rows.ids.size()));
    rows.keys.push_back(static_cast<uint64_t>(row));
  }
  const auto said = map_rows(rows, 3, c10::Device(c10::DeviceType::CPU), describe);
  ASSERT_EQ(said.size(), 9000u);
  for (int64_t row = 0; row < 3000; ++row) {
    const auto at = static_cast<size_t>(3 * row);
    EXPECT_EQ(said[at], static_cast<float>(rows.row(row).front()));
    EXPECT_EQ(said[at + 1], static_cast<float>(rows.row(row).back()));
    EXPECT_LE(said[at + 2], static_cast<float>(kTokensPerBatch));
  }
}

TEST(MapRows, EqualRowsAreComputedOnce) {
  EncodedRows rows;
  for (int64_t row = 0; row < 100; ++row) {
    for (const int32_t id : {2, static_cast<int32_t>(row % 3), 3}) rows.ids.push_back(id);
    rows.begin.push_back(static_cast<int64_t>(rows.ids.size()));
    rows.keys.push_back(static_cast<uint64_t>(row));
  }
  int64_t computed = 0;
  map_rows(rows, 3, c10::Device(c10::DeviceType::CPU), [&](const tensor::PackedBatch& batch) {
    computed += batch.rows;
    return describe(batch);
  });
  EXPECT_EQ(computed, 3);
}

constexpr int64_t kRowTokens = 64;  // a divisor of kTokensPerBatch: full batches are equal

EncodedRows rows_of_one_length(int64_t count) {
  EncodedRows rows;
  const CounterRandom random(4, 1);
  for (int64_t row = 0; row < count; ++row) {
    for (int64_t i = 0; i < kRowTokens; ++i) {
      rows.ids.push_back(
          static_cast<int32_t>(random.below(static_cast<uint64_t>(row * kRowTokens + i), test::kRandomBertVocabulary)));
    }
    rows.begin.push_back(static_cast<int64_t>(rows.ids.size()));
    rows.keys.push_back(static_cast<uint64_t>(row));
  }
  return rows;
}

TEST(MapRows, TheEngineHoldsTheSameBytesForSixteenTimesTheRows) {
  set_threads(1);  // of several threads one may get no panel, and then has no scratch
  const c10::Device cpu(c10::DeviceType::CPU);
  int64_t batches = 0;
  const auto held_after = [&](const EncodedRows& rows, nn::Precision precision) {
    const auto model = test::random_bert();
    batches = 0;
    map_rows(rows, 1, cpu, [&](const tensor::PackedBatch& batch) {
      ++batches;
      return model->forward(batch, {.precision = precision});
    });
    return nn::engine::held_bytes();  // pool and scratch give nothing back: the most that there ever were
  };
  const int64_t few = 2 * kTokensPerBatch / kRowTokens;
  const EncodedRows once = rows_of_one_length(few), often = rows_of_one_length(16 * few);
  for (const nn::Precision precision : {nn::Precision::kF32, nn::Precision::kBf16, nn::Precision::kInt8}) {
    const size_t held = held_after(once, precision);
    EXPECT_EQ(batches, 2);
    EXPECT_EQ(held_after(often, precision), held);
    EXPECT_EQ(batches, 32);
    EXPECT_GT(held, 0u);
  }
  std::vector<int64_t> all(static_cast<size_t>(often.rows()));
  std::iota(all.begin(), all.end(), 0);
  const size_t held = held_after(once, nn::Precision::kF32);
  const auto model = test::random_bert();
  const at::NoGradGuard no_gradient;
  model->forward(make_batch(often, all, cpu), {});
  EXPECT_GT(nn::engine::held_bytes(), held) << "one batch of all rows would hold more";
  set_threads(0);
}

TEST(MapRows, ARowLongerThanTheBudgetIsABatchOfItsOwn) {
  EncodedRows rows;
  rows.ids.assign(static_cast<size_t>(kTokensPerBatch) + 5, 7);
  rows.begin.push_back(static_cast<int64_t>(rows.ids.size()));
  rows.keys.push_back(0);
  const auto said = map_rows(rows, 3, c10::Device(c10::DeviceType::CPU), describe);
  EXPECT_EQ(said[2], static_cast<float>(kTokensPerBatch + 5));
  EXPECT_TRUE(map_rows({}, 3, c10::Device(c10::DeviceType::CPU), describe).empty());
}

}  // namespace
}  // namespace rift::package
