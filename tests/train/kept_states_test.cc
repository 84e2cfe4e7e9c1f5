#include "rift/train/kept_states.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <numeric>

#include "models/random_bert.h"
#include "support/temp_directory.h"

namespace rift::train {
namespace {

constexpr int64_t kMib = int64_t{1} << 20;

package::EncodedRows random_rows(int64_t count, int64_t longest) {
  package::EncodedRows rows;
  for (int64_t row = 0; row < count; ++row) {
    const CounterRandom random(6, static_cast<uint64_t>(row));
    const int64_t tokens = 1 + static_cast<int64_t>(random.below(0, static_cast<uint64_t>(longest)));
    for (int64_t t = 0; t < tokens; ++t) {
      rows.ids.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(t) + 1, test::kRandomBertVocabulary)));
    }
    rows.begin.push_back(static_cast<int64_t>(rows.ids.size()));
    rows.keys.push_back(static_cast<uint64_t>(row) + 100);
  }
  return rows;
}

/// The two lower of three layers frozen.
std::unique_ptr<models::TextClassifier> half_frozen() {
  auto model = test::random_bert();
  for (const nn::Parameter& parameter : model->parameters().parameters()) {
    const bool top = parameter.name.find("layer.2") != std::string::npos || !parameter.name.starts_with("bert.e");
    model->parameters().set_trainable(parameter, top);
  }
  return model;
}

const c10::Device kCpu(c10::DeviceType::CPU);

/// Logits in training of some batches, twice over: what is kept shows the second time.
std::vector<at::Tensor> logits_of(KeptStates* kept, const models::TextClassifier& model,
                                  const package::EncodedRows& rows, nn::Precision precision) {
  std::vector<at::Tensor> logits;
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    for (int64_t first = 0; first < rows.rows(); first += 40) {
      std::vector<int64_t> chosen(static_cast<size_t>(std::min<int64_t>(40, rows.rows() - first)));
      std::iota(chosen.rbegin(), chosen.rend(), first);
      const tensor::PackedBatch batch = package::make_batch(rows, chosen, kCpu);
      const nn::ForwardContext context{.training = true, .seed = 3, .epoch = epoch, .precision = precision};
      logits.push_back(
          kept == nullptr
              ? model.forward(batch, context)
              : model.forward_from(2, kept->states(model.encoder(), {rows, chosen, chosen, batch}), batch, context));
    }
  }
  return logits;
}

void expect_same(const std::vector<at::Tensor>& got, const std::vector<at::Tensor>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(at::equal(got[i], expected[i])) << i;
}

TEST(KeptStates, LogitsAreTheSameBitsAsWithoutInMemoryOnDiskAndInEitherPrecision) {
  const auto model = half_frozen();
  const package::EncodedRows rows = random_rows(100, 60);
  const test::TempDirectory folder;
  for (const nn::Precision precision : {nn::Precision::kF32, nn::Precision::kBf16}) {
    const auto expected = logits_of(nullptr, *model, rows, precision);
    for (const KeptBudget& budget : {KeptBudget{}, KeptBudget{0, 64 * kMib, folder.path()}, KeptBudget{0, 0, {}}}) {
      KeptStates kept({2, rows.rows(), precision}, budget);
      expect_same(logits_of(&kept, *model, rows, precision), expected);
      EXPECT_EQ(kept.rows_kept(), budget.memory_bytes + budget.disk_bytes > 0 ? 100 : 0);
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));  // the file has no name
}

TEST(KeptStates, RowsBeyondTheBudgetAreComputedEveryTime) {
  const auto model = half_frozen();
  const package::EncodedRows rows = random_rows(1200, 512);  // 1200 * 256 tokens * 64 * 4 bytes: 75 MiB
  KeptStates kept({2, rows.rows(), nn::Precision::kF32}, {.memory_bytes = 64 * kMib});
  expect_same(logits_of(&kept, *model, rows, nn::Precision::kF32),
              logits_of(nullptr, *model, rows, nn::Precision::kF32));
  EXPECT_GT(kept.rows_kept(), 900);
  EXPECT_LT(kept.rows_kept(), 1200);
}

}  // namespace
}  // namespace rift::train
