#include "support/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "rift/base/files.h"
#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/train/fine_tune.h"
#include "train/small_options.h"

// What rift tuned, scored by transformers and peft.
namespace rift::train {
namespace {

using test::row_range;
using test::small_backbone;
using test::small_dataset;
using test::small_options;
using test::TempDirectory;

struct Case {
  data::Task task = data::Task::kBinary;
  bool pooler = true;  // the architecture's own reading; else the mean
  bool lora = false;
  std::string encoder;  // "" = a BERT

  bool is_decoder() const { return std::ranges::find(test::kTinyDecoders, encoder) != std::end(test::kTinyDecoders); }
};

class Client : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_CLIENTS();
    set_progress_style(ProgressStyle::kSilent);
    set_threads(1);
  }
};

TEST_P(Client, GivesOurScores) {
  const Case& asked = GetParam();
  const TempDirectory folder;
  const data::Dataset dataset = small_dataset(60, asked.task);
  FineTuneOptions options = small_options(asked.encoder.empty() ? small_backbone(folder, asked.pooler)
                                                                : test::encoder_backbone(folder, asked.encoder));
  options.text.pooling = asked.is_decoder() ? models::Pooling::kAutomatic : models::Pooling::kPooler;
  if (!asked.pooler) options.text.pooling = models::Pooling::kMean;
  options.optim.epochs = 2;
  if (asked.lora) options.tuning.method = tuning::LoraOptions{.rank = 2, .alpha = 4};
  const FineTuned tuned =
      fine_tune({.dataset = dataset, .train = row_range(0, 60), .validation = {}, .options = options});
  const Json part = tuned.scorer->save(folder.folder("package"));
  const score::RawScores raw = tuned.scorer->score(dataset.table);
  Json rows = {{"pooling", part.at("pooling")}, {"max_tokens", options.text.max_tokens}};
  rows["texts"] = Json::array();
  rows["scores"] = Json::array();
  for (int64_t row = 0; row < raw.rows; ++row) {
    rows["texts"].push_back(std::string(*dataset.table.at("note").texts().get(row)));
    Json values = Json::array();
    for (int64_t c = 0; c < raw.outputs; ++c) values.push_back(raw.values[static_cast<size_t>(row * raw.outputs + c)]);
    rows["scores"].push_back(std::move(values));
  }
  folder.write("rows.json", to_json_text(rows));
  const auto run = test::run_client("tests/train/clients/scores.py", {folder.path()});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
  if (asked.lora) {
    EXPECT_THAT(run.output, testing::HasSubstr("peft: largest difference"));
  }
}

/// A run that starts from what PEFT trained and moves nothing to speak of.
TEST(StartFromPeft, GivesThePredictionsOfTheAdapterThatPeftTrained) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  set_progress_style(ProgressStyle::kSilent);
  set_threads(1);
  const std::pair<const char*, tuning::TuningOptions> all[] = {
      {"lora", {.method = tuning::LoraOptions{.rank = 2, .alpha = 4}}},
      {"dora", {.method = tuning::LoraOptions{.rank = 2, .alpha = 4, .dora = true}}},
      {"ia3",
       {.method = tuning::Ia3Options{.targets = {"key", "intermediate.dense", "output.dense"},
                                     .feed_forward = {"output.dense"}}}},
      {"norm", {.method = tuning::NormOptions{}}},
      {"prompt", {.method = tuning::PromptOptions{.tokens = 3}}},
      {"prefix", {.method = tuning::PrefixOptions{.tokens = 3}}}};
  const TempDirectory folder;
  const data::Dataset dataset = small_dataset(40);
  FineTuneOptions options = small_options(small_backbone(folder));
  options.text.pooling = models::Pooling::kPooler;
  options.text.max_tokens = test::kMaxTokensBehindVirtual;
  options.optim.name = optim::SgdOptions{};
  options.optim.lr = options.optim.head_lr.emplace(1e-12);
  options.optim.batch_rows = 40;
  options.optim.epochs = 1;
  Json rows = {{"max_tokens", options.text.max_tokens}, {"labels", dataset.label}};
  rows["texts"] = Json::array();
  for (int64_t row = 0; row < 40; ++row)
    rows["texts"].push_back(std::string(*dataset.table.at("note").texts().get(row)));
  folder.write("rows.json", to_json_text(rows));
  for (const auto& [name, tuning] : all) {
    SCOPED_TRACE(name);
    const auto run = test::run_client("tests/train/clients/peft_trains.py", {folder.path(), name});
    ASSERT_EQ(run.status, 0) << run.output;
    options.tuning = tuning;
    const FineTuned tuned = fine_tune({.dataset = dataset,
                                       .train = row_range(0, 40),
                                       .validation = {},
                                       .options = options,
                                       .init_from = folder / name});
    EXPECT_TRUE(tuned.summary.at("model").at("new_head").as_array().empty());
    const std::vector<double> theirs =
        parse_json(read_file(folder / (std::string(name) + ".json")), name).at("logits").as_doubles();
    const std::vector<double> ours = tuned.scorer->score(dataset.table).values;
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], theirs[i], 1e-5) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    FineTuned, Client,
    testing::Values(Case{}, Case{.task = data::Task::kMulticlass}, Case{.task = data::Task::kRegression},
                    Case{.pooler = false}, Case{.lora = true}, Case{.pooler = false, .lora = true},
                    Case{.task = data::Task::kMulticlass, .lora = true}, Case{.encoder = "distilbert"},
                    Case{.lora = true, .encoder = "distilbert"},
                    Case{.pooler = false, .lora = true, .encoder = "distilbert"},
                    Case{.task = data::Task::kMulticlass, .encoder = "electra"},
                    Case{.lora = true, .encoder = "electra"}, Case{.pooler = false, .lora = true, .encoder = "electra"},
                    Case{.encoder = "gpt2"}, Case{.lora = true, .encoder = "gpt2"},
                    Case{.task = data::Task::kMulticlass, .encoder = "llama"},
                    Case{.task = data::Task::kRegression, .encoder = "mistral"}, Case{.lora = true, .encoder = "qwen3"},
                    Case{.pooler = false, .lora = true, .encoder = "gemma3"}));

}  // namespace
}  // namespace rift::train
