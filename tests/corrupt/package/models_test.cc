// Packages of every classic model: they load to the bit, every changed file of theirs is named, and a part that is
// broken although its digest is right is an error, never a crash.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "classic/small_dataset.h"
#include "rift/base/files.h"
#include "rift/classic/feature_columns.h"
#include "rift/classic/gbdt.h"
#include "rift/classic/scorecard.h"
#include "rift/classic/stack.h"
#include "rift/classic/text_baseline.h"
#include "rift/package/format/manifest.h"
#include "rift/package/format/package.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using data::Task;
using test::message_of;
using test::TempDirectory;

constexpr classic::GbdtOptions kQuick = {.trees = 10, .learning_rate = 0.2, .min_rows_in_leaf = 20};

std::shared_ptr<const score::Scorer> fit(const std::string& kind, const data::Dataset& dataset) {
  const auto rows = dataset.split.rows(data::Part::kTrain);
  if (kind == "scorecard") return classic::Scorecard::fit(dataset, rows, {});
  if (kind == "gbdt") return classic::Gbdt::fit(dataset, rows, kQuick);
  if (kind == "text-baseline") return classic::TextBaseline::fit(dataset, rows, {});
  std::vector<std::shared_ptr<const score::Scorer>> members = {fit("gbdt", dataset), fit("text-baseline", dataset)};
  if (dataset.schema.task == Task::kBinary) members.push_back(fit("scorecard", dataset));
  std::vector<classic::MemberScores> scores;
  for (const auto& member : members) scores.push_back({member->name(), member->score(data::take(dataset.table, rows))});
  return classic::Stack::fit(dataset, rows, scores, members, {});
}

void publish(const fs::path& path, const score::Scorer& model, const data::Dataset& dataset) {
  const auto calibrator = score::Calibrator::fit(dataset.schema.task, score::CalibrationMethod::kAutomatic,
                                                 model.score(dataset.table), dataset.label, {});
  const score::PolicyOptions policy{.approve_below = 0.2, .refuse_from = 0.4};
  write_package(
      path,
      {.scorer = model, .calibrator = calibrator, .policy = policy, .training = Json::object(), .dataset = dataset},
      classic_loaders());
}

TEST(Models, EveryOneLoadsToTheBitForEveryTask) {
  for (Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
    const auto dataset = classic::applicants(500, task);
    for (const std::string kind : {"scorecard", "gbdt", "text-baseline", "fusion"}) {
      if (kind == "scorecard" && task != Task::kBinary) continue;
      const TempDirectory folder;
      const auto model = fit(kind, dataset);
      publish(folder / "package", *model, dataset);
      const Package package = load_package(folder / "package", classic_loaders());
      EXPECT_EQ(package.scorer->name(), kind);
      EXPECT_EQ(package.scorer->score(dataset.table).values, model->score(dataset.table).values) << kind;
      EXPECT_EQ(package.schema.task, task);
    }
  }
}

TEST(Models, EveryChangedFileIsNamed) {
  const auto dataset = classic::applicants(500);
  const TempDirectory folder;
  publish(folder / "package", *fit("fusion", dataset), dataset);
  std::vector<std::string> names;
  for (const PackageFile& file : check_manifest(folder / "package")) {
    names.push_back(file.name);
    const std::string whole = read_file(folder / "package" / file.name);
    std::string flipped = whole;
    flipped[flipped.size() / 2] ^= 1;
    for (const std::string& changed : {flipped, whole.substr(0, whole.size() / 2)}) {
      test::write_plainly(folder / "package" / file.name, changed);
      EXPECT_THAT(message_of(Code::kArtefact, [&] { load_package(folder / "package", classic_loaders()); }),
                  testing::HasSubstr(file.name));
    }
    test::write_plainly(folder / "package" / file.name, whole);
  }
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("rift.json", "parts/gbdt.txt", "parts/scorecard.json", "parts/stack.json",
                                            "parts/tfidf.json", "parts/tfidf.terms.txt", "parts/tfidf.f64"));
}

/// The manifest is written anew, so that only the model's own reader can object.
TEST(Models, PartsCutShortAreRefusedByTheirReaders) {
  const auto dataset = classic::applicants(500);
  const TempDirectory folder;
  const fs::path path = folder / "package";
  publish(path, *fit("fusion", dataset), dataset);
  for (const std::string name : {"parts/gbdt.txt", "parts/scorecard.json", "parts/stack.json", "parts/tfidf.json",
                                 "parts/tfidf.terms.txt", "parts/tfidf.f64"}) {
    const std::string whole = read_file(path / name);
    for (size_t sixteenth = 0; sixteenth < 15; ++sixteenth) {
      test::write_plainly(path / name, whole.substr(0, whole.size() * sixteenth / 16));
      fs::remove(path / "manifest.json");
      write_manifest(path);
      message_of(Code::kArtefact, [&] { load_package(path, classic_loaders()); });
    }
    test::write_plainly(path / name, whole);
  }
}

}  // namespace
}  // namespace rift::package
