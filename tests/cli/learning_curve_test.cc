#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"
#include "rift/data/table_writer.h"

// rift learning-curve as a user runs it, on a BERT of width 32 and sentences of its own words.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int kRows = 300;
constexpr int kTestRows = 100;

class LearningCurve : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(folder_ / "model");
    write_data([](bool late, bool) { return late ? "late" : "good"; });
    write_run("");
  }

  /// Late loans speak of word20 to word29 more often, not always, and are larger.
  template <class Label>
  void write_data(const Label& label) {
    for (const bool is_test : {false, true}) {
      std::string csv = "note,amount,outcome\n";
      for (int row = 0; row < (is_test ? kTestRows : kRows); ++row) {
        const int i = row + (is_test ? kRows : 0);
        const bool late = (i * 7) % 5 < 2, large = (i * 13) % 11 < 4;
        const bool hint = (i * 11) % 6 != 0 ? late : !late;
        csv += "the loan word" + std::to_string(hint ? 20 + i % 10 : 40 + i % 10) + " paid word" +
               std::to_string(10 + i % 7) + "," + std::to_string(100 * (late ? 6 : 4) + (i * 37) % 300) + "," +
               label(late, large) + "\n";
      }
      folder_.write(is_test ? "test.csv" : "train.csv", csv);
    }
  }

  void write_run(const std::string& more, const std::string& task = "binary",
                 const std::string& label = "{column: outcome, positive: [late]}") {
    folder_.write("run.yaml", "task: " + task + "\ndata: {source: train.csv, label: " + label +
                                  ", columns: {note: text, amount: number}}\n"
                                  "split: {kind: files, test: test.csv}\n"
                                  "model: {text: {backbone: model, columns: [note], max_tokens: 16}}\n"
                                  "optim: {name: adamw, lr: 1.0e-2, batch_rows: 16, epochs: 1}\n"
                                  "train: {precision: f32, early_stopping: {patience: 0}}\n"
                                  "compare: {tries: 1}\n"
                                  "learning_curve:\n"
                                  "  sizes: [40, 80, 160]\n"
                                  "  seeds: 2\n"
                                  "  least_steps: 10\n"
                                  "  frozen_features: {epochs: 3}\n" +
                                  more);
  }

  std::vector<std::string> words(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"learning-curve", path("run.yaml"), "--out", path(out), "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Json curve(const std::string& out, std::vector<std::string> more = {}) const {
    more.push_back("--json");
    const ProgramRun run = run_program(words(out, std::move(more)));
    EXPECT_EQ(run.status, 0) << run.err;
    return run.status == 0 ? parse_json(run.out, "learning-curve") : Json();
  }
  Json file(const std::string& name) const { return parse_json(text_of(folder_ / name), name); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  static std::vector<std::string> names_of(const Json& curve) {
    std::vector<std::string> names;
    for (const Json& model : curve.at("models").as_array()) names.push_back(model.at("name").as_string());
    return names;
  }

  TempDirectory folder_;
};

TEST_F(LearningCurve, TrainsEveryModelOnSamplesAndJudgesThemOnTheSameRows) {
  const Json found = curve("out");
  EXPECT_THAT(names_of(found), ElementsAre("fine-tuned", "frozen-features", "text-baseline", "gbdt", "scorecard"));
  EXPECT_EQ(found.at("metric"), Json("auc"));
  EXPECT_EQ(found.at("test").at("rows").as_int(), kTestRows);
  EXPECT_EQ(found.at("labels_in_all").as_int(), kRows);
  EXPECT_EQ(found.at("stop_below").as_double(), 0.005);
  for (const Json& model : found.at("models").as_array()) {
    ASSERT_EQ(model.at("points").size(), 3U);
    for (const Json& point : model.at("points").as_array()) {
      EXPECT_EQ(point.at("seeds").size(), 2U);
      EXPECT_LE(point.at("low").as_double(), point.at("high").as_double());
      EXPECT_GT(point.at("value").as_double(), 0.3);
    }
    EXPECT_EQ(model.at("line").size(), 60U);
    EXPECT_TRUE(model.at("stop").contains("case"));
  }
  EXPECT_EQ(found.at("models").at(size_t{0}).at("points").at(size_t{2}).at("labels").as_int(), 160);
  EXPECT_EQ(found.at("pairs").size(), 4U);
  EXPECT_EQ(file("out/curve.json"), found);
  const std::string page = text_of(folder_ / "out/report.html");
  EXPECT_THAT(page, AllOf(HasSubstr("How many labels are enough"), HasSubstr("Twice the labels, 320 instead of 160")));
  EXPECT_FALSE(fs::exists(folder_ / "out/unfinished"));
  // The written run.yaml is the same run.
  const ProgramRun again =
      run_program({"learning-curve", path("out/run.yaml"), "--out", path("again"), "--threads", "1", "--quiet"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(text_of(folder_ / "again/curve.json"), text_of(folder_ / "out/curve.json"));
  const ProgramRun report = run_program({"report", path("out"), "--out", path("page.html"), "--lang", "zh"});
  EXPECT_EQ(report.status, 0) << report.err;
  EXPECT_THAT(text_of(folder_ / "page.html"), HasSubstr("多少标注才够"));
}

TEST_F(LearningCurve, TextsAreEncodedOnceAndReadOnceByAFrozenEncoder) {
  curve("out", {"--set", "learning_curve.models=[fine-tuned, frozen-features]"});
  const Json work = file("out/manifest.json").at("work");
  EXPECT_EQ(work.at("fits").as_int(), 2 * 3 * 2);
  EXPECT_EQ(work.at("rows_trained").as_int(), 2 * 2 * (40 + 80 + 160)) << "the split has no validation rows";
  const int64_t encoded = work.at("rows_encoded").as_int();
  EXPECT_GT(encoded, 160 + kTestRows) << "two samples of 160";
  EXPECT_LT(encoded, 2 * 160 + kTestRows);
  EXPECT_EQ(work.at("rows_read").as_int(), encoded);
  EXPECT_EQ(work.at("encodings_used").as_int(), 2 * 2 * (40 + 80 + 160) + 2 * 2 * 3 * kTestRows);
}

TEST_F(LearningCurve, AKilledCurveGoesOnToTheSameBytes) {
  const Json whole = curve("whole");
  const auto points = [&] {
    int count = 0;
    std::error_code ignored;
    for (fs::recursive_directory_iterator entry(folder_ / "out/unfinished", ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
      count += entry->path().filename() == "point.json";
    }
    return count;
  };
  const int status = stop_program_at(
      start_program(folder_.path(), words("out")), [&] { return points() >= 5; }, SIGKILL);
  EXPECT_EQ(status, 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(folder_ / "out/curve.json"));
  const Json resumed = curve("out", {"--resume"});
  EXPECT_EQ(text_of(folder_ / "out/curve.json"), text_of(folder_ / "whole/curve.json"));
  EXPECT_EQ(text_of(folder_ / "out/predictions.parquet"), text_of(folder_ / "whole/predictions.parquet"));
  const Json work = file("out/manifest.json").at("work");
  EXPECT_GE(work.at("taken_up").as_int(), 5);
  EXPECT_EQ(work.at("taken_up").as_int() + work.at("fits").as_int(), 5 * 3 * 2);
  EXPECT_FALSE(fs::exists(folder_ / "out/unfinished"));
  // A finished one is shown again; another question of the same directory is refused.
  const std::string manifest = text_of(folder_ / "out/manifest.json");
  EXPECT_EQ(curve("out", {"--resume"}), resumed);
  EXPECT_EQ(text_of(folder_ / "out/manifest.json"), manifest);
  EXPECT_EQ(run_program(words("out")).status, 2);
  const ProgramRun other = run_program(words("out", {"--resume", "--sizes", "40,80"}));
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("made from other settings"));
}

TEST_F(LearningCurve, CtrlCSaysHowToGoOn) {
  const int status = stop_program_at(
      start_program(folder_.path(), words("out")), [&] { return has_path(folder_ / "out/unfinished", "point.json"); },
      SIGINT);
  EXPECT_EQ(status, 130);
  EXPECT_THAT(text_of(folder_ / "stderr"), AllOf(HasSubstr("learning-curve"), HasSubstr("--resume")));
  const ProgramRun other = run_program(words("out", {"--resume", "--set", "train.seed=9"}));
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err,
              AllOf(HasSubstr("was begun with other settings"), HasSubstr("options.train.seed: 1 then, 9 now")));
  // What is taken up may be asked more: one size is new, the others are kept where they are done.
  curve("out", {"--resume", "--sizes", "40,80,120,160"});
  EXPECT_GE(file("out/manifest.json").at("work").at("taken_up").as_int(), 1);
}

// Groups come whole, so a sample is smaller than was asked for, and another one for each seed.
TEST_F(LearningCurve, CountsTheLabelsThatWereLearntFromWhereGroupsComeWhole) {
  std::istringstream rows(text_of(folder_ / "train.csv"));
  std::string grouped, row;
  for (int line = 0; std::getline(rows, row); ++line) {
    grouped += row + (line == 0 ? ",customer" : ",c" + std::to_string((line - 1) * (line - 1) / 1700)) + "\n";
  }
  folder_.write("train.csv", grouped);
  const Json found = curve("out", {"--set", "data.group=customer", "--set", "split={kind: group, test: 0.25}", "--set",
                                   "learning_curve.models=[gbdt]", "--set", "learning_curve.sizes=[60, 120]"});
  const data::Table written = data::read_table(folder_ / "out/predictions.parquet");
  const auto numbers = [&](const std::string& name) {
    const auto column = std::ranges::find(written.columns, name, &data::Column::name);
    EXPECT_NE(column, written.columns.end()) << name;
    return column->numbers();
  };
  const std::vector<double> labels = numbers("labels");
  const std::set<double> said(labels.begin(), labels.end());
  double sum = 0.0;
  for (const double count : said) sum += count;
  ASSERT_EQ(said.size(), 4U) << "two sizes of two seeds";
  double of_points = 0.0;
  for (const Json& point : found.at("models").at(size_t{0}).at("points").as_array()) {
    of_points += point.at("labels").as_double();
  }
  EXPECT_LT(*said.rbegin(), 120.0);
  EXPECT_NEAR(of_points, sum / 2.0, 1.0);
}

TEST_F(LearningCurve, SeveralClassesAndAmounts) {
  write_data([](bool late, bool large) { return late ? (large ? "late" : "open") : "good"; });
  write_run("  models: [fine-tuned, text-baseline, gbdt, scorecard]\n", "multiclass", "outcome");
  const Json classes = curve("classes");
  EXPECT_THAT(names_of(classes), ElementsAre("fine-tuned", "text-baseline", "gbdt"));
  EXPECT_EQ(classes.at("skipped").at(size_t{0}).at("name"), Json("scorecard"));
  EXPECT_EQ(classes.at("metric"), Json("log_loss"));
  EXPECT_FALSE(classes.at("more_is_better").as_bool());
  write_data([](bool late, bool large) { return std::to_string((late ? 900 : 200) + (large ? 50 : 0)); });
  write_run("  models: [fine-tuned, text-baseline, gbdt]\n", "regression", "outcome");
  const Json amounts = curve("amounts");
  EXPECT_EQ(amounts.at("metric"), Json("rmse"));
  double least = 1e9;
  for (const Json& model : amounts.at("models").as_array()) {
    least = std::min(least, model.at("points").at(size_t{2}).at("value").as_double());
    EXPECT_LT(model.at("points").at(size_t{2}).at("value").as_double(), 360.0) << "no worse than the mean";
  }
  EXPECT_NEAR(amounts.at("stop_below").as_double(), 0.01 * least, 1e-9);
}

TEST_F(LearningCurve, TwoSizesAreMeasuredAndNoMore) {
  const ProgramRun run = run_program(words("out", {"--sizes", "80,40", "--set",
                                                   "learning_curve.models=[gbdt, "
                                                   "text-baseline]"}));
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("2 sizes are too few for a power law"), HasSubstr("From 40 to 80 labels"),
                             Not(HasSubstr("Twice the labels")), HasSubstr("Report: ")));
  EXPECT_TRUE(file("out/curve.json").at("models").at(size_t{0}).at("law").is_null());
  EXPECT_EQ(file("out/curve.json").at("pairs").size(), 0U);
  const ProgramRun chinese =
      run_program(words("zh", {"--sizes", "40,80", "--set", "learning_curve.models=[gbdt]", "--lang", "zh"}));
  EXPECT_THAT(chinese.out, HasSubstr("2 个标注量不足以拟合幂律"));
}

TEST_F(LearningCurve, RefusesWhatDoesNotFitBeforeAnyWork) {
  const auto refused = [&](const std::vector<std::string>& more) {
    const ProgramRun run = run_program(words("refused", more));
    EXPECT_EQ(run.status, 2) << run.out << run.err;
    EXPECT_FALSE(fs::exists(folder_ / "refused/run.yaml"));
    return run.err;
  };
  EXPECT_THAT(refused({"--sizes", "40,301"}), HasSubstr("there are 300 rows that are not for testing, and 301"));
  EXPECT_THAT(refused({"--sizes", "5"}), HasSubstr("learning_curve.sizes"));
  EXPECT_THAT(refused({"--sizes", "many"}), HasSubstr("learning_curve.sizes"));
  EXPECT_THAT(refused({"--set", "learning_curve.metric=rmse"}), HasSubstr("learning_curve.metric: a binary task has"));
  EXPECT_THAT(refused({"--set", "learning_curve.metric=loss"}), HasSubstr("not all models have the same"));
  EXPECT_THAT(refused({"--set", "learning_curve.models=[gbdt, gbdt]"}), HasSubstr("'gbdt' stands there twice"));
  EXPECT_THAT(refused({"--set", "learning_curve.models=[]"}), HasSubstr("learning_curve.models is empty"));
  EXPECT_THAT(refused({"--set", "learning_curve.stop_blow=1"}), HasSubstr("stop_below"));
}

TEST_F(LearningCurve, TestRowsDecideNothingButTheFigures) {
  curve("out", {"--set", "learning_curve.models=[fine-tuned, gbdt]"});
  const std::string before = text_of(folder_ / "test.csv");
  std::string turned = before;
  for (size_t at = 0; (at = turned.find(",late\n", at)) != std::string::npos;) turned.replace(at, 6, ",GOOD\n");
  for (size_t at = 0; (at = turned.find(",good\n", at)) != std::string::npos;) turned.replace(at, 6, ",late\n");
  for (size_t at = 0; (at = turned.find(",GOOD\n", at)) != std::string::npos;) turned.replace(at, 6, ",good\n");
  folder_.write("test.csv", turned);
  const Json other = curve("turned", {"--set", "learning_curve.models=[fine-tuned, gbdt]"});
  const Json found = file("out/curve.json");
  for (size_t m = 0; m < 2; ++m) {
    for (size_t s = 0; s < 3; ++s) {
      const auto value = [&](const Json& one) {
        return one.at("models").at(m).at("points").at(s).at("value").as_double();
      };
      EXPECT_NEAR(value(found), 1.0 - value(other), 1e-9) << "the same scores of rows whose labels are exchanged";
    }
  }
}

}  // namespace
}  // namespace rift::test
