#include "rift/train/pretrain/language_task.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <numeric>

#include "models/tiny_encoders.h"
#include "rift/base/files.h"
#include "support/temp_directory.h"

namespace rift::train {
namespace {

constexpr int32_t kClassify = 2, kSeparate = 3, kMask = 4, kVocabulary = 48;

MaskVocabulary vocabulary() {
  MaskVocabulary made{
      .mask = kMask, .begins_word = std::vector<uint8_t>(kVocabulary, 1), .special = std::vector<uint8_t>(kVocabulary)};
  for (const int32_t id : {0, 1, kClassify, kSeparate, kMask}) made.special[static_cast<size_t>(id)] = 1;
  for (size_t id = 30; id < kVocabulary; ++id) made.begins_word[id] = 0;
  return made;
}

/// 24 rows of 3 to 20 tokens for training, 6 held out, on a tiny RoBERTa without dropout from scratch.
class LanguageTasks : public testing::Test {
 protected:
  LanguageTasks() {
    write("train", 24);
    write("held_out", 6);
    train_.emplace(folder_.path(), "train");
    held_out_.emplace(folder_.path(), "held_out");
  }
  void write(const std::string& name, int64_t rows) {
    TokenStoreWriter writer(folder_.path(), name);
    for (int64_t row = 0; row < rows; ++row) {
      std::vector<int32_t> ids = {kClassify};
      for (int64_t i = 0; i < 1 + (row * 5) % 18; ++i) ids.push_back(static_cast<int32_t>(5 + (row * 11 + i * 7) % 43));
      ids.push_back(kSeparate);
      writer.add(ids, {.document = row, .key = static_cast<uint64_t>(row + 1)});
    }
    writer.finish();
  }
  models::LanguageModel model(double dropout = 0.0) const {
    const std::string file = test::tiny_folder("roberta") + "/config.json";
    Json config = parse_json(read_file(file), file);
    config["hidden_dropout_prob"] = dropout;
    config["attention_probs_dropout_prob"] = dropout;
    return models::LanguageModel({.config = config, .from_scratch = true, .seed = 9}, {});
  }
  LanguageTask task(models::LanguageModel& model) const {
    return LanguageTask({.train = *train_, .held_out = *held_out_, .masker = TokenMasker({.share = 0.3}, vocabulary())},
                        model);
  }
  static std::vector<int64_t> all_rows(int64_t count) {
    std::vector<int64_t> rows(static_cast<size_t>(count));
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
  }
  static at::Tensor gradients(models::LanguageModel& model) {
    const auto all = std::as_const(model.parameters()).gradients<float>();
    return at::tensor(std::vector<float>(all.begin(), all.end()), at::kFloat).clone();
  }
  test::TempDirectory folder_;
  std::optional<TokenStore> train_, held_out_;
};

TEST_F(LanguageTasks, TheLossIsTheCrossEntropyOfTheHiddenTokensOverTheWholeVocabulary) {
  auto model = this->model();
  LanguageTask task = this->task(model);
  const nn::ForwardContext context{.training = true, .seed = 3, .epoch = 2};
  const auto rows = all_rows(24);
  model.parameters().zero_gradients();
  const PartLoss part = task.add_gradient(rows, context, 0.5);
  const at::Tensor got = gradients(model);
  EXPECT_EQ(part.loss.weight, task.weight(rows, context));

  model.parameters().zero_gradients();
  const LanguageTask::Asked asked = task.asked(*train_, rows, context.seed, context.epoch);
  const at::Tensor every = model.language_head().logits(model.encoder().forward(asked.batch, context));
  std::vector<int64_t> labels(static_cast<size_t>(asked.batch.tokens), -100);  // as transformers has them
  for (size_t i = 0; i < asked.places.size(); ++i) labels[static_cast<size_t>(asked.places[i])] = asked.targets[i];
  const at::Tensor loss = at::cross_entropy_loss(every, at::tensor(labels, at::kLong), {}, at::Reduction::Sum);
  EXPECT_NEAR(part.loss.sum, loss.item<double>(), 1e-3);
  loss.mul(0.5).backward();
  const at::Tensor expected = gradients(model);
  EXPECT_GT(expected.norm().item<double>(), 0.1);
  EXPECT_LT((got - expected).norm().item<double>(), 1e-5 * expected.norm().item<double>());
}

TEST_F(LanguageTasks, GradientsBehindAFrozenHeadAreTheFiniteDifferencesOfTheirValues) {
  const std::string file = test::tiny_folder("roberta") + "/config.json";
  models::LanguageModel model(
      {.config = parse_json(read_file(file), file), .from_scratch = true, .seed = 9, .dtype = at::kDouble}, {});
  nn::ParameterStore& store = model.parameters();
  for (const std::string& name : model.head().parameters) store.set_trainable(store.at(name), false);
  LanguageTask task = this->task(model);
  const nn::ForwardContext context{.seed = 3};
  const auto value = [&] {
    store.zero_gradients();
    return task.add_gradient(all_rows(5), context, 0.25).loss.sum;
  };
  value();
  const std::span<const double> all = std::as_const(store).gradients<double>();
  const std::vector<double> gradients(all.begin(), all.end());
  int64_t compared = 0, apart_from_zero = 0;
  for (const nn::Parameter& parameter : store.parameters()) {
    if (!parameter.trainable) continue;
    for (int64_t i = 0; i < parameter.size; i += 1 + parameter.size / 3) {
      const auto at = static_cast<size_t>(parameter.offset + i);
      constexpr double kBy = 1e-5;
      const double before = store.values<double>()[at];
      store.values<double>()[at] = before + kBy;
      const double above = value();
      store.values<double>()[at] = before - kBy;
      const double below = value();
      store.values<double>()[at] = before;
      EXPECT_NEAR(gradients[at], 0.25 * (above - below) / (2 * kBy), 1e-6) << parameter.name;
      apart_from_zero += std::abs(gradients[at]) > 1e-4 ? 1 : 0;
      ++compared;
    }
  }
  EXPECT_GT(compared, 60);
  EXPECT_GT(3 * apart_from_zero, compared);
}

TEST_F(LanguageTasks, PartsOfAnySizeAddUpToTheSameGradientWithDropoutToo) {
  auto model = this->model(0.1);
  LanguageTask task = this->task(model);
  const nn::ForwardContext context{.training = true, .seed = 3, .epoch = 2};
  const auto rows = all_rows(24);
  model.parameters().zero_gradients();
  const PartLoss whole = task.add_gradient(rows, context, 1.0);
  const at::Tensor expected = gradients(model);
  for (const size_t size : {1, 5, 16}) {
    model.parameters().zero_gradients();
    double sum = 0, weight = 0;
    for (size_t first = 0; first < rows.size(); first += size) {
      const auto part = std::span(rows).subspan(first, std::min(size, rows.size() - first));
      const PartLoss loss = task.add_gradient(part, context, 1.0);
      sum += loss.loss.sum;
      weight += loss.loss.weight;
    }
    EXPECT_EQ(weight, whole.loss.weight);
    EXPECT_NEAR(sum, whole.loss.sum, 1e-4 * whole.loss.sum);
    EXPECT_LT((gradients(model) - expected).norm().item<double>(), 1e-5 * expected.norm().item<double>());
  }
}

TEST_F(LanguageTasks, WithoutAMaskerEveryNextTokenOfARowIsSaidAndNoOtherRowsToken) {
  auto model = this->model();
  LanguageTask task({.train = *train_, .held_out = *held_out_}, model);
  const std::vector<int64_t> rows = {4, 9, 0};
  const LanguageTask::Asked asked = task.asked(*train_, rows, 3, 0);
  std::vector<int64_t> places, targets;
  int64_t begin = 0;
  for (const int64_t row : rows) {
    std::vector<int32_t> ids;
    train_->read(row, ids);
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      places.push_back(begin + static_cast<int64_t>(i));
      targets.push_back(ids[i + 1]);
    }
    begin += static_cast<int64_t>(ids.size());
  }
  EXPECT_EQ(asked.places, places);
  EXPECT_EQ(asked.targets, targets);
  const nn::ForwardContext context{.training = true, .seed = 3};
  EXPECT_EQ(task.weight(rows, context), static_cast<double>(targets.size()));
  model.parameters().zero_gradients();
  const PartLoss part = task.add_gradient(rows, context, 1.0);
  EXPECT_EQ(part.loss.weight, static_cast<double>(targets.size()));
  EXPECT_EQ(part.tokens, begin);
  EXPECT_NEAR(part.loss.sum / part.loss.weight, std::log(kVocabulary), 1.0);
}

TEST_F(LanguageTasks, EveryEvaluationHidesTheSameTokens) {
  auto model = this->model(0.1);
  LanguageTask task = this->task(model);
  const auto first = task.evaluate(), second = task.evaluate();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->metric, "loss");
  EXPECT_EQ(to_json_text(first->figures), to_json_text(second->figures));
  EXPECT_NEAR(first->figures.at("perplexity").as_double(), std::exp(first->value), 1e-9 * std::exp(first->value));
  EXPECT_NEAR(first->value, std::log(kVocabulary), 1.0);  // an untrained model guesses
}

TEST_F(LanguageTasks, WithoutHeldOutRowsThereIsNothingToEvaluate) {
  write("none", 0);
  const TokenStore none(folder_.path(), "none");
  auto model = this->model();
  LanguageTask task({.train = *train_, .held_out = none, .masker = TokenMasker({}, vocabulary())}, model);
  EXPECT_FALSE(task.evaluate().has_value());
}

}  // namespace
}  // namespace rift::train
