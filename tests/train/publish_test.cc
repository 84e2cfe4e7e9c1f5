#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/load.h"
#include "rift/base/files.h"
#include "rift/base/log_odds.h"
#include "rift/base/progress.h"
#include "rift/base/sha256.h"
#include "rift/base/threads.h"
#include "rift/checkpoint/licence.h"
#include "rift/package/export.h"
#include "rift/package/format/package.h"
#include "rift/package/loaders.h"
#include "rift/score/precision.h"
#include "rift/train/fine_tune.h"
#include "support/failure.h"
#include "train/small_options.h"

// A fine-tuned model as a package: written, checked, loaded, exported.
namespace rift::train {
namespace {

namespace fs = std::filesystem;
using test::engine_backbone;
using test::failure;
using test::message_of;
using test::row_range;
using test::small_backbone;
using test::small_dataset;
using test::small_options;
using test::TempDirectory;
using testing::HasSubstr;

class Publish : public testing::Test {
 protected:
  void SetUp() override {
    set_progress_style(ProgressStyle::kSilent);
    set_threads(1);
    dataset_.split.part.assign(160, data::Part::kTrain);
    options_ = small_options(small_backbone(folder_));
    options_.optim.epochs = 1;
  }

  void publish() {
    tuned_ = fine_tune(
        {.dataset = dataset_, .train = row_range(0, 96), .validation = row_range(96, 32), .options = options_});
    write(tuned_, "package");
  }
  void write(const FineTuned& tuned, const char* name) const {
    score::PolicyOptions policy;
    policy.approve_below = policy.refuse_from = 0.5;
    package::write_package(
        folder_ / name,
        {*tuned.scorer, score::Calibrator::identity(data::Task::kBinary), policy, tuned.summary, dataset_},
        package::all_loaders());
  }

  TempDirectory folder_;
  data::Dataset dataset_ = small_dataset(160);
  FineTuneOptions options_;
  FineTuned tuned_;
};

TEST_F(Publish, APackageGivesTheScoresOfTheModelItWasMadeFrom) {
  publish();
  const package::Package loaded = package::load_package(folder_ / "package", package::all_loaders());
  EXPECT_EQ(loaded.scorer->name(), "fine-tuned");
  EXPECT_EQ(loaded.scorer->score(dataset_.table).values, tuned_.scorer->score(dataset_.table).values);
  EXPECT_EQ(loaded.training.at("pooling").as_string(), "pooler");
}

TEST_F(Publish, ATamperedWeightIsFoundBeforeAnythingIsLoaded) {
  publish();
  std::string bytes = read_file(folder_ / "package/model.safetensors");
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);
  write_file_atomic(folder_ / "package/model.safetensors", bytes);
  EXPECT_THAT(failure([&] { package::load_package(folder_ / "package", package::all_loaders()); }),
              testing::AllOf(testing::StartsWith("artefact"), HasSubstr("model.safetensors")));
  EXPECT_THAT(failure([&] { package::export_package(folder_ / "package", package::ExportFormat::kHf, folder_ / "x"); }),
              testing::StartsWith("artefact"));
  EXPECT_FALSE(fs::exists(folder_ / "x"));
}

TEST_F(Publish, WithoutLibTorchsLoaderItSaysWhatIsMissing) {
  publish();
  EXPECT_THAT(failure([&] { package::load_package(folder_ / "package", package::classic_loaders()); }),
              testing::StartsWith("unsupported"));
}

TEST_F(Publish, TheHuggingFacePartIsExportedWholeAndAlone) {
  publish();
  package::export_package(folder_ / "package", package::ExportFormat::kHf, folder_ / "hf");
  for (const char* file : {"config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json"}) {
    EXPECT_EQ(read_file(folder_ / "hf" / file), read_file(folder_ / "package" / file)) << file;
  }
  EXPECT_FALSE(fs::exists(folder_ / "hf/rift.json"));
  EXPECT_FALSE(fs::exists(folder_ / "hf/manifest.json"));
  EXPECT_EQ(test::load_weights(checkpoint::open_hf_directory(folder_ / "hf"), {.num_labels = 1}).names.new_head.size(),
            0u);
  EXPECT_THAT(
      failure([&] { package::export_package(folder_ / "package", package::ExportFormat::kHf, folder_ / "hf"); }),
      HasSubstr("it is there already"));
}

TEST_F(Publish, AnAdapterIsExportedWhereOneWasTuned) {
  publish();
  EXPECT_THAT(
      failure([&] { package::export_package(folder_ / "package", package::ExportFormat::kPeft, folder_ / "p"); }),
      testing::AllOf(testing::StartsWith("unsupported"), HasSubstr("no adapter was tuned")));
  options_.tuning.method = tuning::LoraOptions{.rank = 2, .alpha = 4};
  publish();
  package::export_package(folder_ / "package", package::ExportFormat::kPeft, folder_ / "p");
  EXPECT_TRUE(fs::exists(folder_ / "p/adapter_config.json"));
  EXPECT_TRUE(fs::exists(folder_ / "p/adapter_model.safetensors"));
}

TEST_F(Publish, AModelOfAHubIsNamedWithItsCommit) {
  const std::string commit = "0123456789abcdef0123456789abcdef01234567";
  const fs::path snapshots = folder_.folder("models--org--small/snapshots");
  fs::rename(options_.text.backbone, snapshots / commit);
  options_.text.backbone = (snapshots / commit).string();
  publish();
  const Json pretrained = parse_json(read_file(folder_ / "package/manifest.json"), "manifest.json").at("pretrained");
  EXPECT_EQ(pretrained.at("name").as_string(), "org/small");
  EXPECT_EQ(pretrained.at("revision").as_string(), commit);
  EXPECT_THAT(read_file(folder_ / "package/README.md"), HasSubstr("`org/small` at commit " + commit));
}

TEST_F(Publish, TheLicenceOfThePretrainedModelGoesWhereItsWeightsGo) {
  const fs::path backbone = options_.text.backbone;
  write_file_atomic(backbone / "LICENSE", "Use it well.\n");
  write_file_atomic(backbone / "README.md", "---\nlicense: openrail++\n---\n# The small model\n");
  options_.tuning.method = tuning::LoraOptions{.rank = 2, .alpha = 4};
  publish();
  const Json manifest = parse_json(read_file(folder_ / "package/manifest.json"), "manifest.json");
  const Json& pretrained = manifest.at("pretrained");
  EXPECT_EQ(pretrained.at("name").as_string(), backbone.filename().string());
  EXPECT_TRUE(pretrained.at("revision").is_null());
  EXPECT_EQ(pretrained.at("weights_sha256").as_string(), sha256_file(backbone / "model.safetensors"));
  EXPECT_EQ(pretrained.at("licence").as_string(), "openrail++");
  EXPECT_EQ(pretrained.at("licence_source").as_string(), "README.md of the pretrained model");
  EXPECT_EQ(pretrained.at("licence_files"), Json(std::vector<std::string>{"LICENSE"}));
  EXPECT_FALSE(pretrained.contains("note"));

  package::export_package(folder_ / "package", package::ExportFormat::kHf, folder_ / "hf");
  package::export_package(folder_ / "package", package::ExportFormat::kPeft, folder_ / "peft");
  for (const char* place : {"package", "hf", "peft"}) {
    EXPECT_EQ(read_file(folder_ / place / "LICENSE"), "Use it well.\n") << place;
    EXPECT_EQ(checkpoint::find_licence(folder_ / place).name, "openrail++") << place;
  }
}

TEST_F(Publish, APackageMadeFromAPackageStillNamesTheFirstModelAndItsLicence) {
  write_file_atomic(fs::path(options_.text.backbone) / "LICENSE", "Use it well.\n");
  publish();
  const Json first = parse_json(read_file(folder_ / "package/manifest.json"), "manifest.json").at("pretrained");
  const FineTuned again = fine_tune({.dataset = dataset_,
                                     .train = row_range(0, 96),
                                     .validation = row_range(96, 32),
                                     .options = options_,
                                     .init_from = folder_ / "package"});
  write(again, "second");
  EXPECT_EQ(parse_json(read_file(folder_ / "second/manifest.json"), "manifest.json").at("pretrained"), first);
  EXPECT_EQ(read_file(folder_ / "second/LICENSE"), "Use it well.\n");
}

TEST_F(Publish, APretrainedModelWithoutALicenceIsCalledThat) {
  publish();
  const Json manifest = parse_json(read_file(folder_ / "package/manifest.json"), "manifest.json");
  EXPECT_TRUE(manifest.at("pretrained").at("licence").is_null());
  EXPECT_THAT(manifest.at("pretrained").at("note").as_string(), HasSubstr("names no licence"));
  EXPECT_THAT(read_file(folder_ / "package/README.md"), HasSubstr("names no licence"));
}

/// Packages of a model that the engine runs.
class PublishPrecisions : public Publish {
 protected:
  void SetUp() override {
    Publish::SetUp();
    options_ = small_options(engine_backbone(folder_));
    options_.optim.epochs = 2;
  }
  package::Package load() const { return package::load_package(folder_ / "package", package::all_loaders()); }
  std::vector<score::PrecisionChange> recorded() const {
    const Json json = parse_json(read_file(folder_ / "package/rift.json"), "rift.json");
    return score::precision_changes_from_json(json.at("model").at("precisions"));
  }
};

TEST_F(PublishPrecisions, WhatTheyChangeOnTheValidationRowsIsWrittenAndIsWhatALoadedPackageGives) {
  publish();
  EXPECT_EQ(tuned_.summary.at("precisions"), score::to_json(recorded()));
  ASSERT_EQ(recorded().size(), 2u);
  package::Package loaded = load();
  const data::Table validation = data::take(dataset_.table, row_range(96, 32));
  const score::RawScores f32 = loaded.scorer->score(validation);
  for (const score::PrecisionChange& change : recorded()) {
    SCOPED_TRACE(std::string(name_of(change.precision)));
    EXPECT_EQ(change.rows_from, "validation");
    EXPECT_EQ(change.rows, 32);
    EXPECT_EQ(change.metric, "auc");
    EXPECT_GT(change.largest, 0.0);
    package::use_precision(loaded, change.precision);
    const score::RawScores said = loaded.scorer->score(validation);
    double largest = 0;
    for (size_t i = 0; i < said.values.size(); ++i) {
      largest = std::max(largest, std::fabs(sigmoid(said.values[i]) - sigmoid(f32.values[i])));
    }
    EXPECT_DOUBLE_EQ(largest, change.largest);
  }
  package::use_precision(loaded, score::Precision::kF32);
  loaded.scorer->use_precision(score::Precision::kF32);
  EXPECT_EQ(loaded.scorer->score(validation).values, f32.values);
}

TEST_F(PublishPrecisions, WithoutValidationRowsTrainingRowsTell) {
  tuned_ = fine_tune({.dataset = dataset_, .train = row_range(0, 96), .validation = {}, .options = options_});
  write(tuned_, "package");
  ASSERT_EQ(recorded().size(), 2u);
  EXPECT_EQ(recorded().front().rows_from, "training");
  EXPECT_EQ(recorded().front().rows, 96);
}

TEST_F(PublishPrecisions, OneWeightThatDwarfsTheOthersMakesInt8RefusedAndLeavesBf16) {
  test::plant_outliers(options_.text.backbone);
  options_.tuning.method = tuning::HeadOptions{};
  options_.optim.epochs = 8;
  options_.optim.head_lr = 0.1;
  publish();
  package::Package loaded = load();
  const auto changes = recorded();
  EXPECT_EQ(score::beyond_bounds(changes.at(0)), "");
  EXPECT_GT(changes.at(1).mean, 2 * changes.at(0).mean);
  const std::string message =
      message_of(Code::kUnsupported, [&] { package::use_precision(loaded, score::Precision::kInt8); });
  EXPECT_THAT(message, testing::AllOf(HasSubstr("--precision int8: refused"), HasSubstr("more than"),
                                      HasSubstr("32 validation rows"), HasSubstr("leave --precision at f32")));
}

TEST_F(PublishPrecisions, WhatNobodyMeasuredIsRefused) {
  tuned_ = fine_tune({.dataset = dataset_,
                      .train = row_range(0, 96),
                      .validation = row_range(96, 32),
                      .options = options_,
                      .measures_precisions = false});
  write(tuned_, "package");
  package::Package loaded = load();
  EXPECT_THAT(message_of(Code::kUnsupported, [&] { package::use_precision(loaded, score::Precision::kBf16); }),
              HasSubstr("does not say what it does to the model's scores"));
}

TEST_F(Publish, AModelThatTheEngineDoesNotRunComputesInF32Only) {
  publish();
  package::Package loaded = package::load_package(folder_ / "package", package::all_loaders());
  EXPECT_FALSE(tuned_.summary.contains("precisions"));
  EXPECT_THAT(message_of(Code::kUnsupported, [&] { package::use_precision(loaded, score::Precision::kInt8); }),
              HasSubstr("only the fused engine computes in it, which does not run this model"));
}

}  // namespace
}  // namespace rift::train
