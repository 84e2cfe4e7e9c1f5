#include "rift/package/format/package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "classic/small_dataset.h"
#include "rift/base/files.h"
#include "rift/base/sha256.h"
#include "rift/classic/scorecard.h"
#include "rift/package/format/golden_check.h"
#include "rift/package/format/golden_rows.h"
#include "rift/package/format/manifest.h"
#include "support/failure.h"
#include "support/manifest.h"
#include "support/temp_directory.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::TempDirectory;

class PackageTest : public testing::Test {
 protected:
  PackageTest() : dataset_(classic::applicants(400)) {
    card_ = classic::Scorecard::fit(dataset_, dataset_.split.rows(data::Part::kTrain), {});
    policy_.approve_below = 0.2;
    policy_.refuse_from = 0.4;
  }
  void publish() {
    write_package(
        path(),
        {.scorer = *card_, .calibrator = calibrator_, .policy = policy_, .training = training_, .dataset = dataset_},
        classic_loaders());
  }
  fs::path path() const { return folder_.path() / "package"; }
  /// What loading says; fails the test when it says another code.
  std::string failure(Code code = Code::kArtefact) {
    return message_of(code, [&] { load_package(path(), classic_loaders()); });
  }
  void change(const std::string& name, const std::function<std::string(std::string)>& edit) {
    test::write_plainly(path() / name, edit(read_file(path() / name)));
  }

  TempDirectory folder_;
  data::Dataset dataset_;
  std::unique_ptr<classic::Scorecard> card_;
  score::Calibrator calibrator_ = score::Calibrator::identity(data::Task::kBinary);
  score::PolicyOptions policy_;
  Json training_ = Json{{"split", "abc"}};
};

TEST_F(PackageTest, ALoadedPackageScoresToTheBitAsTheModel) {
  publish();
  const Package package = load_package(path(), classic_loaders());
  EXPECT_EQ(package.scorer->name(), "scorecard");
  EXPECT_EQ(package.scorer->score(dataset_.table).values, card_->score(dataset_.table).values);
  EXPECT_EQ(package.policy.approve_below, policy_.approve_below);
  EXPECT_EQ(package.training, training_);
  EXPECT_EQ(package.digest, sha256_file(path() / "manifest.json"));
}

TEST_F(PackageTest, TheSameModelGivesTheSameBytes) {
  publish();
  const std::string first = sha256_file(path() / "manifest.json");
  publish();
  EXPECT_EQ(sha256_file(path() / "manifest.json"), first);
}

TEST_F(PackageTest, GoldenRowsHoldNoTextOfARow) {
  const data::Table golden = make_golden_rows(dataset_.schema, dataset_);
  EXPECT_EQ(golden.rows, 9);
  for (int64_t row = 0; row < golden.rows; ++row) {
    const auto text = golden.at("story").texts().get(row);
    for (int64_t other = 0; text && !text->empty() && other < dataset_.rows(); ++other)
      EXPECT_NE(text, dataset_.table.at("story").texts().get(other));
  }
  for (const data::Column& column : golden.columns) EXPECT_TRUE(column.missing(8)) << column.name;
  const data::Table read = golden_rows_from_json(golden_rows_to_json(golden));
  EXPECT_EQ(card_->score(read).values, card_->score(golden).values);
}

TEST_F(PackageTest, RareCategoriesAreNotShown) {
  data::Texts purpose;
  for (int64_t row = 0; row < dataset_.rows(); ++row) purpose.append(row == 0 ? "a very special wish" : "car");
  for (data::Column& column : dataset_.table.columns)
    if (column.name == "purpose") column.values = purpose;
  const data::Table golden = make_golden_rows(dataset_.schema, dataset_);
  for (int64_t row = 0; row + 1 < golden.rows; ++row) EXPECT_EQ(golden.at("purpose").texts().get(row), "car");
}

TEST_F(PackageTest, EveryChangedFileIsNamed) {
  publish();
  for (const PackageFile& file : check_manifest(path())) {
    const std::string whole = read_file(path() / file.name);
    std::string flipped = whole;
    flipped[flipped.size() / 3] ^= 4;
    for (const std::string& changed : {flipped, whole.substr(0, whole.size() - 1), whole + "\n", std::string()}) {
      change(file.name, [&](const std::string&) { return changed; });
      EXPECT_THAT(failure(), testing::HasSubstr(file.name));
    }
    fs::remove(path() / file.name);
    EXPECT_THAT(failure(), testing::HasSubstr(file.name)) << "removed";
    test::write_plainly(path() / file.name, whole);
  }
  EXPECT_EQ(load_package(path(), classic_loaders()).scorer->name(), "scorecard");
}

TEST_F(PackageTest, AFileThatIsNotListedIsRefused) {
  publish();
  test::write_plainly(path() / "parts/extra.json", "{}");
  EXPECT_THAT(failure(), testing::HasSubstr("parts/extra.json"));
}

TEST_F(PackageTest, LinksAreRefusedEvenToTheSameBytes) {
  publish();
  fs::copy_file(path() / "rift.json", folder_.path() / "outside.json");
  fs::remove(path() / "rift.json");
  fs::create_symlink(folder_.path() / "outside.json", path() / "rift.json");
  EXPECT_THAT(failure(), testing::HasSubstr("rift.json"));
}

TEST_F(PackageTest, NamesThatLeaveThePackageAreRefused) {
  publish();
  test::write_plainly(folder_.path() / "outside.json", "{}");
  for (const std::string name : {"../outside.json", "/etc/hostname", "parts/../rift.json", ""}) {
    publish();
    change("manifest.json", [&](const std::string& text) {
      Json manifest = parse_json(text, "manifest.json");
      manifest["files"].as_array().front()["name"] = Json(name);
      return to_json_text(manifest, 2);
    });
    EXPECT_THAT(failure(), testing::HasSubstr("not the name of a file inside the package")) << name;
  }
}

TEST_F(PackageTest, BrokenManifestsAreRefused) {
  publish();
  const std::string whole = read_file(path() / "manifest.json");
  for (const std::string& broken :
       {std::string(), std::string("{"), whole.substr(0, whole.size() / 2), std::string("[]"),
        std::string(R"({"format_version": 1, "files": [{"name": "rift.json"}]})")}) {
    change("manifest.json", [&](const std::string&) { return broken; });
    EXPECT_FALSE(failure().empty()) << broken.substr(0, 40);
  }
  change("manifest.json", [](const std::string&) { return R"({"format_version": 2, "files": []})"; });
  EXPECT_THAT(failure(Code::kUnsupported), testing::HasSubstr("format 2"));
  fs::remove(path() / "manifest.json");
  EXPECT_THAT(failure(), testing::HasSubstr("no package of rift"));
}

TEST_F(PackageTest, AModelOfAnUnknownKindIsUnsupported) {
  publish();
  change("rift.json", [](const std::string& text) {
    Json description = parse_json(text, "rift.json");
    description["model"]["kind"] = Json("oracle");
    return to_json_text(description, 1);
  });
  fs::remove(path() / "manifest.json");
  write_manifest(path());
  EXPECT_THAT(failure(Code::kUnsupported), testing::HasSubstr("oracle"));
}

TEST_F(PackageTest, WhatTheManifestSaysOfTheEnvironmentIsPartOfItsDigest) {
  publish();
  change("manifest.json", [](const std::string& text) {
    Json manifest = parse_json(text, "manifest.json");
    manifest["environment"]["lightgbm"] = "3.3.5";
    return to_json_text(manifest, 2);
  });
  EXPECT_THAT(failure(), testing::HasSubstr("its 'sha256' is not that of the rest of it"));
}

class PackageFromElsewhere : public PackageTest {
 protected:
  /// Published where every golden row got `shift` more log-odds, by another LightGBM.
  void publish_elsewhere(double shift) {
    publish();
    change("rift.json", [&](const std::string& text) {
      Json description = parse_json(text, "rift.json");
      for (Json& raw : description["golden"]["raw"].as_array()) raw = raw.as_double() + shift;
      return to_json_text(description, 1);
    });
    fs::remove(path() / "manifest.json");
    write_manifest(path());
    test::published_where(path(), "lightgbm", "3.3.5");
  }
  std::string log_of_loading() {
    testing::internal::CaptureStderr();
    load_package(path(), classic_loaders());
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(PackageFromElsewhere, ThatScoresTheSameIsLoadedSilently) {
  publish_elsewhere(0.0);
  EXPECT_EQ(log_of_loading(), "");
}

TEST_F(PackageFromElsewhere, ThatScoresALittleDifferentlyIsLoadedWithAWarningThatSaysWhy) {
  publish_elsewhere(2e-5);  // a score is sigmoid of it: at most a quarter of the shift
  const std::string log = log_of_loading();
  EXPECT_THAT(log, testing::HasSubstr("largest_difference"));
  EXPECT_THAT(log, testing::HasSubstr("lightgbm 3.3.5 there and"));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("duckdb"))) << "what is alike is not named";
}

TEST_F(PackageFromElsewhere, ThatScoresBeyondTheBoundIsRefused) {
  publish_elsewhere(1e-3);
  const std::string message = failure();
  EXPECT_THAT(message, testing::HasSubstr("more than 1e-05"));
  EXPECT_THAT(message, testing::HasSubstr("lightgbm 3.3.5 there and"));
  EXPECT_THAT(message, testing::HasSubstr("train it anew"));
}

TEST(GoldenCheck, DifferencesAreThoseOfTheScoreThatIsWritten) {
  const score::RawScores two{2, 1, {0.0, 100.0}};
  EXPECT_NEAR(largest_score_difference(data::Task::kBinary, {0.004, 101.0}, two), 0.001, 1e-6)
      << "a quarter at even odds";
  EXPECT_NEAR(largest_score_difference(data::Task::kRegression, {0.0, 99.0}, two), 0.01, 1e-12) << "relative to 1 + 99";
  EXPECT_EQ(largest_score_difference(data::Task::kMulticlass, {7.0, 107.0}, {1, 2, {0.0, 100.0}}), 0.0)
      << "the same logits up to a shift";
  EXPECT_TRUE(std::isinf(largest_score_difference(data::Task::kBinary, {0.0}, two)));
}

TEST(GoldenCheck, EnvironmentsDifferByLibrariesAndCpuButNotByThreads) {
  const Json here = describe_environment();
  EXPECT_EQ(environment_differences(here, here), "");
  Json there = here;
  there["threads"] = 99;
  EXPECT_EQ(environment_differences(there, here), "");
  there["cpu_features"] = Json(std::vector<std::string>{"sse4_2"});
  there.erase("duckdb");
  const std::string text = environment_differences(there, here);
  EXPECT_THAT(text, testing::HasSubstr("cpu_features sse4_2 there and"));
  EXPECT_THAT(text, testing::HasSubstr("duckdb not stated there"));
}

/// Says something else every time it is asked, as a model whose file lost a part would.
class Fickle final : public score::Scorer {
 public:
  explicit Fickle(data::Schema schema) : schema_(std::move(schema)) {}
  const data::Schema& schema() const override { return schema_; }
  score::RawScores score(const data::Table& rows) const override {
    return {rows.rows, 1, std::vector<double>(static_cast<size_t>(rows.rows), static_cast<double>(++calls_))};
  }
  std::string name() const override { return "fickle"; }
  Json save(const fs::path&) const override { return Json{{"kind", "fickle"}}; }

 private:
  data::Schema schema_;
  mutable int calls_ = 0;
};

TEST_F(PackageTest, WhatDoesNotScoreAsTheModelIsNotPublished) {
  const Fickle fickle(dataset_.schema);
  PartLoaders loaders = classic_loaders();
  loaders["fickle"] = [](const fs::path&, const Json&, const data::Schema& schema) {
    auto loaded = std::make_unique<Fickle>(schema);
    loaded->score({});
    return loaded;
  };
  const auto write = [&] {
    write_package(
        path(),
        {.scorer = fickle, .calibrator = calibrator_, .policy = policy_, .training = training_, .dataset = dataset_},
        loaders);
  };
  EXPECT_THAT(message_of(Code::kBug, write), testing::HasSubstr("golden rows"));
  EXPECT_TRUE(folder_.names().empty());
}

}  // namespace
}  // namespace rift::package
