// A comparison of the models that need no LibTorch on real data (examples/german_credit), end to end.
#include "rift/study/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sha256.h"
#include "rift/data/table_writer.h"
#include "rift/package/format/package.h"
#include "rift/study/learner.h"
#include "support/failure.h"
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
    model.erase("train_seconds");
    model.erase("score_rows_per_second");
  }
  return compare;
}

const std::vector<std::string> kClassic = {"compare.models=[scorecard, gbdt, text-baseline, fusion]"};

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
  for (const char* name : {"scorecard", "gbdt", "text-baseline", "fusion"}) {
    SCOPED_TRACE(name);
    const package::Package package =
        package::load_package(run() / "models" / name / "package", package::classic_loaders());
    EXPECT_EQ(package.training.at("split"), compare_.at("split"));
    EXPECT_EQ(package.scorer->name(), name);
    EXPECT_TRUE(package.policy.approve_below && package.policy.refuse_from);
  }
}

TEST_F(GermanComparison, VerdictFollowsFromThePairs) {
  const std::string& best = compare_.at("best").as_string();
  for (const Json& model : compare_.at("models").as_array()) {
    EXPECT_LE(auc_of(compare_, model.at("name").as_string()), auc_of(compare_, best));
  }
  EXPECT_EQ(compare_.at("pairs").size(), 6u);
  for (const Json& pair : compare_.at("pairs").as_array()) {
    EXPECT_NEAR(pair.at("difference").as_double(),
                auc_of(compare_, pair.at("a").as_string()) - auc_of(compare_, pair.at("b").as_string()), 1e-12);
    EXPECT_GE(pair.at("p_holm").as_double(), pair.at("p").as_double());
  }
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
                      {"scorecard", 200}, {"gbdt", 200}, {"text-baseline", 200}, {"fusion", 200}}));
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

TEST_F(GermanComparison, ReportIsMadeAnewFromTheDirectoryAlone) {
  const fs::path out = directory_->path() / "report.html";
  write_report(run(), out);
  EXPECT_EQ(read_file(out), read_file(run() / "report.html"));
  const fs::path of_package = directory_->path() / "package.html";
  write_report(run() / "models" / "scorecard" / "package", of_package);
  EXPECT_NE(read_file(of_package).find("AUC"), std::string::npos);
}

TEST_F(GermanComparison, ReportOfAPackageNamesTheMachineThatMadeIt) {
  const fs::path package = directory_->path() / "package from elsewhere";
  fs::copy(run() / "models/scorecard/package", package, fs::copy_options::recursive);
  Json manifest = parse_json(read_file(package / "manifest.json"), "manifest.json");
  manifest["environment"]["compiler"] = "a compiler of another place";
  write_file_atomic(package / "manifest.json", to_json_text(manifest));
  const fs::path out = directory_->path() / "elsewhere.html";
  write_report(package, out);
  EXPECT_NE(read_file(out).find("a compiler of another place"), std::string::npos);
}

TEST_F(GermanComparison, EvaluateJudgesAPackageOnOtherRows) {
  const Json result =
      run_evaluate(run() / "models" / "scorecard" / "package", "examples/german_credit/german.csv", "cpu");
  EXPECT_EQ(result.at("rows").as_int(), 1000);
  EXPECT_GT(result.at("metrics").at("auc").at("value").as_double(), 0.75);
  EXPECT_NE(metrics_text(result).find("AUC"), std::string::npos);
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
    double sum = 0.0;
    for (const Json& run : runs) sum += run.at("auc").as_double();
    EXPECT_NEAR(model.at("metrics").at("test").at("auc").at("value").as_double(),
                sum / static_cast<double>(runs.size()), 1e-12);
    EXPECT_EQ(model.at("metrics").at("test").at("rows").as_int(), 1000);
  }
  EXPECT_EQ(compare.at("notes").size(), 2u) << "it is said that these are means";
}

TEST(Compare, GoingOnWithOtherCaptionsFitsTheModelsAnew) {
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
  std::string captions = read_file(directory.path() / "captions.yaml");
  captions.replace(captions.find("caption: "), 9, "caption: other ");
  write_file_atomic(directory.path() / "captions.yaml", captions);
  EXPECT_NE(stopped().at("fingerprint"), first.at("fingerprint"));
}

TEST(Compare, OlderFiguresDoNotStandBesideNewerPackages) {
  const test::TempDirectory directory;
  const StudySpec spec = german(directory.path(), {"compare.models=[scorecard, gbdt]"});
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
