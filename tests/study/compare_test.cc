// A comparison of the models that need no LibTorch on real data (examples/german_credit), end to end.
#include "rift/study/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sha256.h"
#include "rift/base/threads.h"
#include "rift/classic/scorecard.h"
#include "rift/data/load_dataset.h"
#include "rift/data/table_writer.h"
#include "rift/package/format/package.h"
#include "rift/study/files/score_file.h"
#include "rift/study/learner.h"
#include "rift/study/verdict.h"
#include "support/failure.h"
#include "support/manifest.h"
#include "support/temp_directory.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRun = "examples/german_credit/run.yaml";

StudySpec german(const fs::path& directory, std::vector<std::string> sets) {
  sets.insert(sets.end(), {"compare.tries=2"});
  StudySpec spec;
  spec.options = read_run(kRun, sets);
  spec.run_file = kRun;
  spec.directory = directory;
  return spec;
}

double auc_of(const Json& compare, std::string_view name) {
  for (const Json& model : compare.at("models").as_array()) {
    if (model.at("name").as_string() == name) return model.at("metrics").at("test").at("auc").at("value").as_double();
  }
  ADD_FAILURE() << name << " is missing";
  return 0.0;
}

/// What a clock said is not compared.
Json without_clock(Json compare) {
  for (Json& model : compare["models"].as_array()) {
    for (const char* key : {"train_seconds", "train_seconds_total"}) model.erase(key);
    model.erase("score_rows_per_second");
  }
  return compare;
}

const std::vector<std::string> kClassic = {"compare.models=[scorecard, logistic, gbdt, text-baseline, fusion]"};

class GermanComparison : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::make_unique<test::TempDirectory>();
    compare_ = run_compare(german(directory_->path() / "run", kClassic));
  }
  static void TearDownTestSuite() { directory_.reset(); }
  static fs::path run() { return directory_->path() / "run"; }

  static std::unique_ptr<test::TempDirectory> directory_;
  static Json compare_;
};
std::unique_ptr<test::TempDirectory> GermanComparison::directory_;
Json GermanComparison::compare_;

// quality.md: scorecard .824, LightGBM about .79 on fold 0 with all features; 200 test rows, so +-.03.
TEST_F(GermanComparison, ModelsReachWhatIsKnownOfThisData) {
  EXPECT_NEAR(auc_of(compare_, "scorecard"), 0.824, 0.03);
  EXPECT_NEAR(auc_of(compare_, "gbdt"), 0.80, 0.03);
  EXPECT_GT(auc_of(compare_, "text-baseline"), 0.72);
  EXPECT_GT(auc_of(compare_, "fusion"), 0.79);
}

TEST_F(GermanComparison, EveryPackageIsOfTheSameSplitAndScoresAgain) {
  for (const char* name : {"scorecard", "logistic", "gbdt", "text-baseline", "fusion"}) {
    SCOPED_TRACE(name);
    const package::Package package =
        package::load_package(run() / "models" / name / "package", package::classic_loaders());
    EXPECT_EQ(package.training.at("split"), compare_.at("split"));
    EXPECT_EQ(package.scorer->name(), name);
    EXPECT_TRUE(package.policy.approve_below && package.policy.refuse_from);
  }
}

TEST_F(GermanComparison, EveryModelSaysWhatItsProbabilitiesAreCalibratedOn) {
  for (const Json& model : compare_.at("models").as_array()) {
    const bool is_fusion = model.at("name").as_string() == "fusion";
    EXPECT_EQ(model.at("calibrated_on").as_string(),
              is_fusion ? "out-of-fold scores that its weights were fitted on" : "out-of-fold scores");
  }
}

TEST_F(GermanComparison, VerdictFollowsFromThePairs) {
  const std::string& best = compare_.at("best").as_string();
  for (const Json& model : compare_.at("models").as_array()) {
    EXPECT_LE(auc_of(compare_, model.at("name").as_string()), auc_of(compare_, best));
  }
  EXPECT_EQ(compare_.at("pairs").size(), 10u);
  for (const Json& pair : compare_.at("pairs").as_array()) {
    EXPECT_NEAR(pair.at("difference").as_double(),
                auc_of(compare_, pair.at("a").as_string()) - auc_of(compare_, pair.at("b").as_string()), 1e-12);
    EXPECT_GE(pair.at("p_holm").as_double(), pair.at("p").as_double());
  }
  EXPECT_FALSE(compare_.at("has_text").as_bool());
  EXPECT_EQ(to_json_text(compare_.at("remarks")).find("texts"), std::string::npos) << "the data has none";
  EXPECT_TRUE(compare_.at("verdict").as_string().starts_with(model_caption(best)))
      << compare_.at("verdict").as_string();
}

TEST_F(GermanComparison, PredictionsHoldEveryTestRowOfEveryModel) {
  const data::Table table = data::read_table(run() / "predictions.parquet");
  std::vector<std::string> names;
  for (const data::Column& column : table.columns) names.push_back(column.name);
  EXPECT_EQ(names, (std::vector<std::string>{"id", "score", "pd", "points", "decision", "part", "label", "model",
                                             "seed", "split"}));
  std::map<std::string, int64_t> rows;
  for (int64_t row = 0; row < table.rows; ++row) ++rows[std::string(*table.at("model").texts().get(row))];
  EXPECT_EQ(rows, (std::map<std::string, int64_t>{
                      {"scorecard", 200}, {"logistic", 200}, {"gbdt", 200}, {"text-baseline", 200}, {"fusion", 200}}));
}

TEST_F(GermanComparison, EachFeatureHasItsStabilityInTheReport) {
  const Json report = parse_json(read_file(run() / "report.json"), "report.json");
  int64_t features = 0;
  for (const Json& column : report.at("columns").as_array()) {
    const bool is_feature = column.at("role").as_string() == "feature";
    EXPECT_EQ(column.contains("psi"), is_feature) << column.at("name").as_string();
    if (!is_feature) continue;
    ++features;
    EXPECT_GE(column.at("psi").as_double(), 0.0);
    EXPECT_LT(column.at("psi").as_double(), 0.3);  // the rows are dealt at random
  }
  EXPECT_EQ(features, 20);
}

TEST(Compare, LogisticIsFittedOnTheTableAndPublished) {
  const test::TempDirectory directory;
  const Json compare = run_compare(german(directory.path(), {"compare.models=[logistic]"}));
  // scikit-learn on the same rows, numbers standardised, one input a category: .821 with C = .01, .817 with C = .1.
  EXPECT_NEAR(auc_of(compare, "logistic"), 0.817, 0.015);
  const auto package = package::load_package(directory / "models/logistic/package", package::classic_loaders());
  EXPECT_EQ(package.scorer->name(), "logistic");
}

TEST_F(GermanComparison, DirectoryHoldsWhatTheDesignNames) {
  for (const char* file : {"run.yaml", "manifest.json", "compare.json", "predictions.parquet", "report.html"}) {
    EXPECT_TRUE(fs::exists(run() / file)) << file;
  }
  EXPECT_FALSE(fs::exists(run() / "unfinished"));
  EXPECT_EQ(to_json_text(parse_json(read_file(run() / "compare.json"), "compare.json")), to_json_text(compare_));
  const Json manifest = parse_json(read_file(run() / "manifest.json"), "manifest.json");
  EXPECT_EQ(manifest.at("split"), compare_.at("split"));
  const std::map<std::string, std::string> files = {{"configuration", kRun},
                                                    {"records", "examples/german_credit/german.csv"},
                                                    {"captions", "examples/german_credit/captions.yaml"}};
  ASSERT_EQ(manifest.at("inputs").size(), files.size());
  for (const Json& input : manifest.at("inputs").as_array()) {
    EXPECT_EQ(input.at("sha256").as_string(), sha256_file(files.at(input.at("what").as_string())));
  }
}

TEST_F(GermanComparison, ItsOwnRunYamlGivesTheSameResult) {
  StudySpec again;
  again.run_file = run() / "run.yaml";
  again.options = read_run(again.run_file, {});
  again.directory = directory_->path() / "again";
  const Json compare = run_compare(again);
  EXPECT_EQ(to_json_text(without_clock(compare)), to_json_text(without_clock(compare_)));
  EXPECT_EQ(read_file(again.directory / "predictions.parquet"), read_file(run() / "predictions.parquet"));
}

TEST(FinishedRun, IsKeptUnlessOverwriteIsGiven) {
  const test::TempDirectory directory;
  const fs::path out = directory.path() / "run";
  const std::vector<std::string> sets = {"compare.models=[scorecard]"};
  const Json first = run_compare(german(out, sets));
  const std::string report = read_file(out / "report.html");

  const std::string message = test::message_of(Code::kConfig, [&] { run_compare(german(out, sets)); });
  for (const char* part : {out.c_str(), "compare.json", "--out", "--overwrite"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
  EXPECT_THROW(run_train(german(out, sets)), Error) << "a training would take its place as well";

  StudySpec resumed = german(out, sets);
  resumed.resume = true;
  EXPECT_EQ(to_json_text(run_compare(resumed)), to_json_text(first)) << "the clock says that nothing was fitted";
  EXPECT_EQ(read_file(out / "report.html"), report);

  StudySpec other = german(out, {"compare.models=[scorecard]", "policy.points.pdo=40"});
  other.resume = true;
  EXPECT_NE(test::message_of(Code::kConfig, [&] { run_compare(other); }).find("--overwrite"), std::string::npos);
  EXPECT_EQ(to_json_text(parse_json(read_file(out / "compare.json"), "compare.json")), to_json_text(first));
  other.overwrite = true;
  run_compare(other);
  EXPECT_NE(read_file(out / "run.yaml").find("pdo: 40"), std::string::npos);
}

TEST(FinishedRun, OfATrainingDoesNotPassForTheComparisonThatReplacedIt) {
  const test::TempDirectory directory;
  write_file_atomic(directory.path() / "metrics.json", "{}");
  StudySpec spec = german(directory.path(), {"compare.models=[scorecard]"});
  EXPECT_THROW(run_compare(spec), Error);
  spec.overwrite = true;
  run_compare(spec);
  EXPECT_FALSE(fs::exists(directory.path() / "metrics.json"));
}

TEST(FinishedRun, ThatIsReplacedLeavesNothingToPassForTheNewOne) {
  const test::TempDirectory directory;
  const fs::path& run = directory.path();
  run_compare(german(run, {"compare.models=[scorecard, gbdt]"}));
  const std::string training = R"({"step":1,"epoch":0.5,"loss_task":0.6,"loss":0.6})" + std::string("\n");
  directory.write("models/fine-tuned/log.jsonl", training);
  directory.write("models/logistic/a note of somebody's.txt", "");
  StudySpec other = german(run, {"compare.models=[scorecard]"});
  other.overwrite = other.resume = true;
  directory.write("unfinished/scorecard", "in the way of the first fitted model");
  EXPECT_ANY_THROW(run_compare(other));
  for (const char* file : {"compare.json", "report.json", "report.html", "manifest.json", "predictions.parquet"})
    EXPECT_FALSE(fs::exists(run / file)) << file;
  EXPECT_EQ(read_run(run / "run.yaml", {}).compare.models, other.options.compare.models);
  EXPECT_TRUE(fs::exists(run / "models/gbdt/package/rift.json")) << "a package stays until a newer one is ready";

  other.overwrite = other.resume = false;
  fs::remove_all(run / "unfinished");
  run_compare(other);
  for (const char* folder : {"models/gbdt", "models/fine-tuned"}) EXPECT_FALSE(fs::exists(run / folder)) << folder;
  EXPECT_TRUE(fs::exists(run / "models/logistic/a note of somebody's.txt"));
  directory.write("models/fine-tuned/log.jsonl", training);
  write_report(run, run / "report.html");
  EXPECT_EQ(read_file(run / "report.html").find("id=\"training\""), std::string::npos) << "of no model in it";
}

TEST(FinishedRun, IsKeptWhenWhatTakesItsPlaceCannotBeFitted) {
  const test::TempDirectory directory;
  run_compare(german(directory.path(), {"compare.models=[scorecard]"}));
  StudySpec other = german(directory.path(), {"compare.models=[text-baseline]", "model.text.from_table=never"});
  other.overwrite = true;
  test::message_of(Code::kConfig, [&] { run_compare(other); });
  EXPECT_TRUE(fs::exists(directory.path() / "compare.json"));
}

TEST_F(GermanComparison, ReportIsMadeAnewFromTheDirectoryAlone) {
  const fs::path out = directory_->path() / "report.html";
  write_report(run(), out);
  EXPECT_EQ(read_file(out), read_file(run() / "report.html"));
  const fs::path of_package = directory_->path() / "package.html";
  write_report(run() / "models" / "scorecard" / "package", of_package);
  EXPECT_NE(read_file(of_package).find("AUC"), std::string::npos);
}

TEST_F(GermanComparison, ReportNamesTheFileThatLacksAKey) {
  const fs::path copy = directory_->path() / "changed";
  fs::create_directory(copy);
  for (const char* file : {"compare.json", "manifest.json", "run.yaml"}) fs::copy(run() / file, copy / file);
  Json manifest = read_json(copy / "manifest.json");
  manifest.erase("results");  // of an earlier version, which did not keep digests
  write_file_atomic(copy / "manifest.json", to_json_text(manifest));
  write_file_atomic(copy / "report.json", "{\"rows\": 7}");
  const auto failure = [&] { write_report(copy, directory_->path() / "changed.html"); };
  EXPECT_TRUE(test::message_of(Code::kArtefact, failure)
                  .starts_with((copy / "report.json").string() + ": key 'task' is missing"));
  fs::remove(copy / "report.json");
  EXPECT_TRUE(test::message_of(Code::kArtefact, failure).starts_with((copy / "report.json").string()));
}

TEST_F(GermanComparison, ReportSaysWhichRowsToldTheSettingsApart) {
  const Json data = parse_json(read_file(run() / "report.json"), "report.json");
  for (const char* name : {"scorecard", "logistic", "gbdt", "text-baseline"}) {
    EXPECT_EQ(data.at("judged_by").at(name), (Json{{"rows", "inner folds"}, {"folds", 5}})) << name;
  }
  EXPECT_FALSE(data.at("judged_by").contains("fusion")) << "it has nothing to choose";
  EXPECT_NE(read_file(run() / "report.html").find("Mean over 5 folds of the training and validation rows"),
            std::string::npos);
}

TEST_F(GermanComparison, ReportOfAPackageNamesTheMachineThatMadeIt) {
  const fs::path package = directory_->path() / "package from elsewhere";
  fs::copy(run() / "models/scorecard/package", package, fs::copy_options::recursive);
  test::published_where(package, "compiler", "a compiler of another place");
  const fs::path out = directory_->path() / "elsewhere.html";
  write_report(package, out);
  EXPECT_NE(read_file(out).find("a compiler of another place"), std::string::npos);
}

TEST_F(GermanComparison, EvaluateJudgesAPackageOnOtherRows) {
  const Json result = run_evaluate({run() / "models" / "scorecard" / "package", "examples/german_credit/german.csv"});
  EXPECT_EQ(result.at("rows").as_int(), 1000);
  EXPECT_GT(result.at("metrics").at("auc").at("value").as_double(), 0.75);
  EXPECT_NE(metrics_text(result).find("AUC"), std::string::npos);
}

TEST(Compare, AFusionOfFewerThanTwoModelsIsRefusedWithWhatToWrite) {
  const test::TempDirectory directory;
  for (const char* models : {"compare.models=[fusion]", "compare.models=[gbdt, fusion, gbdt]"}) {
    const StudySpec spec = german(directory.path() / "run", {models});
    const std::string message = test::message_of(Code::kConfig, [&] { run_compare(spec); });
    EXPECT_NE(message.find("at least two other models"), std::string::npos) << message;
    EXPECT_NE(message.find("[gbdt, text-baseline, fusion]"), std::string::npos) << message;
  }
  EXPECT_FALSE(fs::exists(directory.path() / "run")) << "nothing was begun";
}

TEST(Compare, TheCardShowsThePointsThatScoreWrites) {
  const test::TempDirectory directory;
  run_compare(
      german(directory.path(), {"compare.models=[scorecard]", "policy.points={base: 500, base_odds: 20, pdo: 40}"}));
  const fs::path package_path = directory.path() / "models/scorecard/package";
  const package::Package package = package::load_package(package_path, package::classic_loaders());
  const auto& scorecard = dynamic_cast<const classic::Scorecard&>(*package.scorer);
  const Json report = parse_json(read_file(directory.path() / "report.json"), "report.json");
  const Json& card = report.at("inside").at("scorecard").at("card");
  EXPECT_NE(read_file(directory.path() / "report.html").find("500 at odds of 20 to 1, 40 more double the odds"),
            std::string::npos);
  EXPECT_EQ(package.training.at("inside").at("card"), card);

  const fs::path scores = directory.path() / "scores.parquet";
  score_file({.package = package_path.string(), .source = "examples/german_credit/german.csv", .out = scores.string()});
  const std::vector<double> points = data::read_table(scores).at("points").numbers();
  const data::Dataset dataset =
      data::load_dataset(package.schema, "examples/german_credit/german.csv", {}, /*need_label=*/false);
  for (int64_t row = 0; row < 50; ++row) {
    double sum = 0.0;
    for (const Json& variable : card.at("variables").as_array()) {
      const auto own = std::find_if(scorecard.variables().begin(), scorecard.variables().end(),
                                    [&](const auto& one) { return one.column == variable.at("column").as_string(); });
      const data::Column& column = dataset.table.at(own->column);
      const size_t bin = column.storage() == data::Storage::kText
                             ? own->bins.bin_of(column.texts().get(row))
                             : own->bins.bin_of(column.numbers()[static_cast<size_t>(row)]);
      sum += variable.at("bins").at(bin).at("points").as_double();
    }
    EXPECT_EQ(std::round(sum), points[static_cast<size_t>(row)]) << row;
  }
}

TEST(Compare, SeedsAndFoldsGiveMeansOfTheirRuns) {
  const test::TempDirectory directory;
  const Json compare = run_compare(german(directory.path(), {"compare.models=[scorecard, gbdt]", "compare.seeds=2",
                                                             "split={kind: k_fold, k: 2, validation: 0.1}"}));
  EXPECT_EQ(compare.at("test").at("rows").as_int(), 1000);
  for (const Json& model : compare.at("models").as_array()) {
    const bool draws = model.at("name").as_string() == "gbdt";
    const auto& runs = model.at("runs").as_array();
    ASSERT_EQ(runs.size(), draws ? 4u : 2u);
    EXPECT_EQ(model.at("train_runs").as_int(), draws ? 4 : 2);
    EXPECT_NEAR(model.at("train_seconds_total").as_double(),
                model.at("train_seconds").as_double() * static_cast<double>(runs.size()), 1e-9);
    double sum = 0.0;
    for (const Json& run : runs) sum += run.at("auc").as_double();
    EXPECT_NEAR(model.at("metrics").at("test").at("auc").at("value").as_double(),
                sum / static_cast<double>(runs.size()), 1e-12);
    EXPECT_EQ(model.at("metrics").at("test").at("rows").as_int(), 1000);
  }
  EXPECT_EQ(compare.at("notes").size(), 2u) << "it is said that these are means";
  EXPECT_NE(read_file(directory.path() / "report.html").find("training, mean of a run (s)"), std::string::npos);
}

TEST(Compare, GoingOnWithOtherThreadsOrCaptionsIsRefusedUnlessItMayOverwrite) {
  const test::TempDirectory directory;
  for (const char* file : {"german.csv", "captions.yaml", "run.yaml"}) {
    fs::copy_file(fs::path("examples/german_credit") / file, directory.path() / file);
  }
  StudySpec spec;
  spec.run_file = directory.path() / "run.yaml";
  spec.options = read_run(spec.run_file, {"compare.models=[text-baseline]", "compare.tries=1"});
  spec.directory = directory.path() / "run";
  spec.resume = true;
  const auto stopped = [&] {
    fs::create_directories(spec.directory / "compare.json/in the way");
    test::message_of(Code::kEnvironment, [&] { run_compare(spec); });
    fs::remove_all(spec.directory / "compare.json");
    return parse_json(read_file(spec.directory / "unfinished/text-baseline/0-1/run.json"), "run.json");
  };
  const Json first = stopped();
  EXPECT_EQ(stopped().at("train_seconds"), first.at("train_seconds")) << "nothing has changed: it is not fitted again";
  const auto refusal = [&] { return test::message_of(Code::kConfig, [&] { run_compare(spec); }); };
  const int64_t before = threads();
  set_threads(before + 1);  // the last bits go by their number
  EXPECT_NE(refusal().find("environment.threads"), std::string::npos) << refusal();
  set_threads(before);
  std::string captions = read_file(directory.path() / "captions.yaml");
  captions.replace(captions.find("caption: "), 9, "caption: other ");
  write_file_atomic(directory.path() / "captions.yaml", captions);
  EXPECT_NE(refusal().find("captions.yaml"), std::string::npos) << refusal();
  spec.overwrite = true;
  EXPECT_NE(stopped().at("fingerprint"), first.at("fingerprint"));
}

TEST(Compare, OlderFiguresDoNotStandBesideNewerPackages) {
  const test::TempDirectory directory;
  StudySpec spec = german(directory.path(), {"compare.models=[scorecard, gbdt]"});
  spec.overwrite = true;
  run_compare(spec);
  ASSERT_TRUE(fs::exists(directory.path() / "compare.json"));
  fs::remove_all(directory.path() / "models/gbdt");
  write_file_atomic(directory.path() / "models/gbdt", "a file in the way of the second package");
  EXPECT_ANY_THROW(run_compare(spec));
  EXPECT_TRUE(fs::exists(directory.path() / "models/scorecard/package/rift.json")) << "the newer one";
  EXPECT_FALSE(fs::exists(directory.path() / "compare.json"));
  EXPECT_FALSE(fs::exists(directory.path() / "report.html"));
}

TEST(Compare, ModelsWithoutUseForTheDataAreSkippedWithTheReason) {
  const test::TempDirectory directory;
  const Json compare = run_compare(
      german(directory.path(), {"compare.models=[scorecard, text-baseline, fusion]", "model.text.from_table=never"}));
  ASSERT_EQ(compare.at("skipped").size(), 2u);
  EXPECT_EQ(compare.at("skipped").at(size_t{0}).at("name").as_string(), "text-baseline");
  EXPECT_EQ(compare.at("skipped").at(size_t{1}).at("name").as_string(), "fusion");
  EXPECT_EQ(compare.at("best").as_string(), "scorecard");
}

}  // namespace
}  // namespace rift::study
