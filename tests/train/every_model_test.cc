#include <ATen/ops/equal.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "models/load.h"
#include "rift/base/files.h"
#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/package/text_model.h"
#include "rift/package/text_scorer.h"
#include "rift/train/fine_tune.h"
#include "support/failure.h"
#include "train/small_options.h"
#include "tuning/one_step.h"

// A whole fine-tuning of every architecture by every method: task, kept states, watch and package beside the model.
namespace rift::train {
namespace {

class EveryModel : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Tiny, EveryModel, testing::ValuesIn(test::kTinyEncoders),
                         [](const auto& encoder) { return std::string(encoder.param); });
INSTANTIATE_TEST_SUITE_P(TinyDecoder, EveryModel, testing::ValuesIn(test::kTinyDecoders),
                         [](const auto& decoder) { return std::string(decoder.param); });

TEST_P(EveryModel, IsTunedByEveryMethodAndItsPackageHoldsWhatMoved) {
  set_progress_style(ProgressStyle::kSilent);
  set_threads(1);
  const test::TempDirectory folder;
  const data::Dataset dataset = test::small_dataset(48);
  FineTuneOptions options = test::small_options(test::encoder_backbone(folder, GetParam()));
  options.optim.epochs = 2;
  options.optim.weight_decay = 0.1;
  const checkpoint::ModelLayout layout = test::layout_of(checkpoint::open_hf_directory(folder / "base").config);
  std::set<std::string> of_encoder;
  for (const checkpoint::NamedShape& tensor : layout.encoder) of_encoder.insert(tensor.name);
  const bool has_biases = std::ranges::any_of(of_encoder, [](const auto& name) { return name.ends_with(".bias"); });
  const auto before = test::load_weights(checkpoint::open_hf_directory(folder / "base"), {.num_labels = 1}).tensors;
  const auto untuned = package::load_text_model({.directory = folder / "base"}).model;
  int64_t number = 0;
  for (const tuning::TuningOptions& method : test::every_method()) {
    SCOPED_TRACE(method.method_name());
    if (std::holds_alternative<tuning::BitFitOptions>(method.method) && !has_biases) continue;  // refused: tuning tests
    options.tuning = method;
    options.text.max_tokens = method.merges() ? 12 : test::kMaxTokensBehindVirtual;
    if (const auto refused = test::refusal(method, *untuned); !refused.empty()) {
      EXPECT_NE(
          test::message_of(
              Code::kUnsupported,
              [&] {
                fine_tune({.dataset = dataset, .train = test::row_range(0, 32), .validation = {}, .options = options});
              })
              .find(refused),
          std::string::npos);
      continue;
    }
    const FineTuned tuned = fine_tune({.dataset = dataset,
                                       .train = test::row_range(0, 32),
                                       .validation = test::row_range(32, 16),
                                       .options = options});
    EXPECT_EQ(tuned.summary.at("steps").as_int(), 8);
    const std::string package = fmt::format("package-{}-{}", method.method_name(), ++number);
    const Json part = tuned.scorer->save(folder.folder(package));
    const auto after = test::load_weights(checkpoint::open_hf_directory(folder / package), {.num_labels = 1}).tensors;
    int64_t moved = 0;
    for (const auto& [name, tensor] : before) {
      const bool moves = !at::equal(tensor, after.at(name));
      if (!of_encoder.contains(name)) {
        EXPECT_TRUE(moves) << name;
      } else {
        moved += moves ? 1 : 0;
      }
    }
    EXPECT_EQ(moved == 0, std::holds_alternative<tuning::HeadOptions>(method.method) || !method.merges());
    EXPECT_EQ(std::filesystem::exists(folder / package / "adapter/tuning.json"), !method.merges());
    const auto loaded = package::TextScorer::load(folder / package, part, dataset.schema, "cpu");
    EXPECT_EQ(loaded->score(dataset.table).values, tuned.scorer->score(dataset.table).values);
    if (method.merges()) continue;
    const std::string said = test::message_of(
        Code::kUnsupported, [&] { package::load_text_model({.directory = folder / package, .outputs = 1}); });
    EXPECT_NE(said.find(method.method_name()), std::string::npos) << said;
  }
}

TEST_P(EveryModel, KeepsToTheMemoryOfABatchOrSaysThatItDoesNot) {
  set_progress_style(ProgressStyle::kSilent);
  const test::TempDirectory folder;
  const data::Dataset dataset = test::small_dataset(48);
  FineTuneOptions options = test::small_options(test::encoder_backbone(folder, GetParam()));
  options.optim.epochs = 1;
  options.train.batch_memory_mib = 1024;
  const package::TextModel text = package::load_text_model({.directory = folder / "base"});
  const auto tune = [&] {
    fine_tune({.dataset = dataset, .train = test::row_range(0, 32), .validation = {}, .options = options});
  };
  if (text.model->encoder().why_not_fused().empty()) {
    tune();
  } else {
    EXPECT_NE(test::message_of(Code::kConfig, tune).find("train.batch_memory_mib"), std::string::npos);
  }
}

// A text of one token gives attention one weight, which is 1 whatever queries and keys are: nothing turns them.
TEST(OneToken, TextsOfOneTokenAreNoFaultOfTheProgram) {
  set_progress_style(ProgressStyle::kSilent);
  const test::TempDirectory folder;
  data::Dataset dataset = test::small_dataset(48);
  data::Texts words;
  for (int64_t row = 0; row < 48; ++row) words.append(dataset.label[static_cast<size_t>(row)] > 0 ? "a" : "b");
  dataset.table.columns.front().values = std::move(words);
  const auto backbone = test::encoder_backbone(folder, "qwen2");
  // A tokenizer that adds no special tokens, as those of decoders.
  std::filesystem::remove(backbone / "vocab.txt");
  std::filesystem::remove(backbone / "tokenizer_config.json");
  test::write_plainly(backbone / "tokenizer.json", R"({"version": "1.0", "added_tokens": [], "normalizer": null,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
    "post_processor": null, "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}})");
  FineTuneOptions options = test::small_options(backbone);
  options.tuning.method = tuning::LoraOptions{.rank = 2};
  options.optim.epochs = 2;
  const FineTuned tuned = fine_tune(
      {.dataset = dataset, .train = test::row_range(0, 32), .validation = test::row_range(32, 16), .options = options});
  EXPECT_EQ(tuned.summary.at("rows").at("train").at("longest").as_int(), 1);
  EXPECT_EQ(tuned.summary.at("steps").as_int(), 8);
}

}  // namespace
}  // namespace rift::train
