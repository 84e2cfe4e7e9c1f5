// Comparisons and trainings with a fine-tuned model, on made-up records and a small BERT made in the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <map>

#include "rift/base/directory_lock.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/base/sha256.h"
#include "rift/data/table_writer.h"
#include "rift/package/loaders.h"
#include "rift/study/compare.h"
#include "support/failure.h"
#include "train/small_options.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;
using test::TempDirectory;

/// 240 records: a note whose last word says what comes, an amount that says a little, a column of no use.
class Records {
 public:
  explicit Records(data::Task task) : backbone_(test::small_backbone(directory_)) {
    const data::Dataset notes = test::small_dataset(240, task);
    const CounterRandom random(5, 1);
    std::string csv =
        task == data::Task::kMultilabel ? "row,note,amount,noise,late,paid\n" : "row,note,amount,noise,outcome\n";
    for (int64_t row = 0; row < notes.rows(); ++row) {
      const double label = notes.label[static_cast<size_t>(row)];
      const double kind = task == data::Task::kRegression ? (label - 5000.0) / 1000.0 : label;
      const std::string outcome =
          task == data::Task::kRegression ? fmt::format("{}", label)
          : task == data::Task::kMultilabel
              ? fmt::format("{},{}", data::holds(label, 0) ? 1 : 0, data::holds(label, 1) ? 1 : 0)
              : notes.schema.class_names[static_cast<size_t>(label)];
      const auto at = static_cast<uint64_t>(row);
      csv += fmt::format("a{},{},{:.3f},{:.3f},{}\n", row, *notes.table.at("note").texts().get(row),
                         kind + 1.5 * random.normal(2 * at), random.normal(2 * at + 1), outcome);
    }
    directory_.write("records.csv", csv);
    directory_.write(
        "run.yaml",
        fmt::format("task: {}\n"
                    "data:\n"
                    "  source: records.csv\n"
                    "  id: row\n"
                    "  label: {{{}}}\n"
                    "  columns: {{note: text, amount: number, noise: number}}\n"
                    "split: {{kind: {}, test: 0.3, validation: 0.15}}\n"
                    "model:\n"
                    "  text: {{backbone: base, max_tokens: 12}}\n"
                    "  fusion: {{kind: stacking, folds: 2}}\n"
                    "optim: {{name: adamw, lr: 5e-3, head_lr: 2e-2, batch_rows: 8, epochs: 6}}\n"
                    "train: {{early_stopping: {{patience: 0}}}}\n"
                    "compare: {{tries: 1}}\n",
                    data::task_name(task), label_of(task), task == data::Task::kRegression ? "random" : "stratified"));
  }

  StudySpec spec(const std::string& name, const std::vector<std::string>& sets = {}) const {
    StudySpec spec;
    spec.run_file = directory_ / "run.yaml";
    spec.options = read_run(spec.run_file, sets);
    spec.directory = directory_ / name;
    return spec;
  }
  fs::path operator/(const std::string& name) const { return directory_ / name; }
  const fs::path& path() const { return directory_.path(); }

 private:
  static std::string label_of(data::Task task) {
    if (task == data::Task::kMultilabel) return "columns: [late, paid]";
    if (task == data::Task::kOrdinal) return "column: outcome, order: [nothing, late, paid]";
    return task == data::Task::kBinary ? "column: outcome, positive: [late]" : "column: outcome";
  }

  TempDirectory directory_;
  fs::path backbone_;
};

const Json& test_of(const Json& compare, std::string_view name) {
  for (const Json& model : compare.at("models").as_array()) {
    if (model.at("name").as_string() == name) return model.at("metrics").at("test");
  }
  throw Error(Code::kBug, "no such model");
}

double value_of(const Json& compare, std::string_view model, std::string_view figure) {
  return test_of(compare, model).at(figure).at("value").as_double();
}

TEST(TextStudy, BinaryComparisonFusesTextAndTable) {
  const Records records(data::Task::kBinary);
  const Json compare = run_compare(records.spec("run"));
  ASSERT_EQ(compare.at("models").size(), 5u);
  EXPECT_GT(value_of(compare, "fine-tuned", "auc"), 0.95);
  EXPECT_GE(value_of(compare, "fusion", "auc"), value_of(compare, "gbdt", "auc"));
  EXPECT_EQ(compare.at("pairs").size(), 10u);
  for (const char* name : {"fine-tuned", "fusion"}) {
    const package::Package package =
        package::load_package(records / "run/models" / name / "package", package::all_loaders());
    EXPECT_EQ(package.training.at("split"), compare.at("split")) << name;
  }
  EXPECT_TRUE(fs::exists(records / "run/models/fine-tuned/log.jsonl"));
  const std::string report = read_file(records / "run/report.html");
  EXPECT_NE(report.find("id=\"training\""), std::string::npos) << "the report shows the training curves";
}

TEST(TextStudy, APackageKnowsItsBackboneByNameAndDigestsAndNoPathOfTheMachine) {
  const Records records(data::Task::kBinary);
  const Json compare =
      run_compare(records.spec("run", {"compare.models=[gbdt, fine-tuned, fusion]", "optim.epochs=1"}));
  for (const char* name : {"gbdt", "fine-tuned", "fusion"}) {
    SCOPED_TRACE(name);
    const fs::path package = records / "run/models" / name / "package";
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(package)) {
      if (entry.path().extension() != ".json" && entry.path().extension() != ".md") continue;
      EXPECT_EQ(read_file(entry.path()).find(records.path().string()), std::string::npos) << entry.path().filename();
    }
    const Json training = parse_json(read_file(package / "rift.json"), "rift.json").at("training");
    EXPECT_EQ(training.at("options").at("model").at("text").at("backbone").as_string(), "base");
    std::map<std::string, std::string> digests;
    for (const Json& input : training.at("inputs").as_array()) {
      if (input.at("what").as_string() == "backbone base")
        digests[input.at("file").as_string()] = input.at("sha256").as_string();
    }
    EXPECT_EQ(digests.empty(), std::string_view(name) == "gbdt");
    if (digests.empty()) continue;
    EXPECT_EQ(digests["model.safetensors"], sha256_file(records / "base/model.safetensors"));
  }
  const RunOptions resolved = read_run(records / "run/run.yaml", {});
  EXPECT_EQ(fs::path(resolved.model.text.backbone), records / "base") << "the run's own run.yaml runs again";
}

TEST(TextStudy, SeveralClassesAreJudgedByLogLoss) {
  const Records records(data::Task::kMulticlass);
  const Json compare = run_compare(records.spec("run"));
  EXPECT_EQ(compare.at("skipped").at(size_t{0}).at("name").as_string(), "scorecard");
  EXPECT_FALSE(test_of(compare, "fine-tuned").contains("ks"));
  EXPECT_GT(value_of(compare, "fine-tuned", "accuracy"), 0.6) << "one class alone is a third";
  EXPECT_EQ(compare.at("pairs").at(size_t{0}).at("metric").as_string(), "log_loss");
  for (const Json& model : compare.at("models").as_array()) {
    EXPECT_LE(value_of(compare, compare.at("best").as_string(), "log_loss"),
              value_of(compare, model.at("name").as_string(), "log_loss"));
  }
  const data::Table predictions = data::read_table(records / "run/predictions.parquet");
  for (const char* column : {"id", "predicted", "score_late", "p_late", "part", "label", "model"}) {
    EXPECT_NE(predictions.find(column), nullptr) << column;
  }
  EXPECT_FALSE(comparison_text(compare).empty());
}

TEST(TextStudy, AmountsAreJudgedBySquaredError) {
  const Records records(data::Task::kRegression);
  const Json compare = run_compare(records.spec("run"));
  EXPECT_LT(value_of(compare, "text-baseline", "rmse"), 800.0) << "the labels' deviation is about 816";
  EXPECT_EQ(compare.at("pairs").at(size_t{0}).at("metric").as_string(), "mse");
  EXPECT_NE(data::read_table(records / "run/predictions.parquet").find("prediction"), nullptr);
  EXPECT_FALSE(comparison_text(compare).empty());
}

TEST(TextStudy, OrderedClassesAreComparedAlsoByHowFarOffTheyAre) {
  const Records records(data::Task::kOrdinal);
  const Json compare = run_compare(records.spec("run", {"compare.models=[gbdt, text-baseline, fine-tuned, fusion]"}));
  EXPECT_EQ(compare.at("pairs").at(size_t{0}).at("metric").as_string(), "log_loss");
  EXPECT_GT(value_of(compare, "fine-tuned", "qwk"), 0.5);
  EXPECT_LT(value_of(compare, "fine-tuned", "rps"), value_of(compare, "gbdt", "rps"));
  EXPECT_NE(data::read_table(records / "run/predictions.parquet").find("p_nothing"), nullptr);
  const package::Package package =
      package::load_package(records / "run/models/fine-tuned/package", package::all_loaders());
  EXPECT_EQ(package.schema.class_names, (std::vector<std::string>{"nothing", "late", "paid"}));
  EXPECT_FALSE(comparison_text(compare).empty());
}

TEST(TextStudy, SeveralLabelsAreTrainedJudgedAndWritten) {
  const Records records(data::Task::kMultilabel);
  const Json metrics = run_train(records.spec("run"));
  for (const char* figure : {"auc", "accuracy", "micro_f1", "macro_f1"})
    EXPECT_GT(metrics.at("test").at(figure).at("value").as_double(), 0.6) << figure;
  const data::Table predictions = data::read_table(records / "run/predictions.parquet");
  for (const char* column : {"id", "score_late", "p_paid", "label_late", "label_paid"})
    EXPECT_NE(predictions.find(column), nullptr) << column;
  EXPECT_NE(metrics_text(metrics).find("micro F1"), std::string::npos);
  EXPECT_NE(test::failure([&] { run_compare(records.spec("compared", {"compare.models=[gbdt]"})); }), "nothing");
}

TEST(TextStudy, QuantilesAreJudgedWrittenAndStandBesideModelsOfOneNumber) {
  const Records records(data::Task::kRegression);
  const Json compare = run_compare(records.spec("run", {"objective.loss={kind: quantile, levels: [0.2, 0.5, 0.8]}",
                                                        "compare.models=[gbdt, fine-tuned, fusion]"}));
  EXPECT_GT(value_of(compare, "fine-tuned", "pinball"), 0.0);
  EXPECT_LE(value_of(compare, "fine-tuned", "coverage"), 1.0);
  EXPECT_FALSE(test_of(compare, "gbdt").contains("pinball"));
  const data::Table predictions = data::read_table(records / "run/predictions.parquet");
  for (const char* column : {"prediction", "q_0.2", "q_0.5", "q_0.8"})
    EXPECT_NE(predictions.find(column), nullptr) << column;
  EXPECT_EQ(parse_json(read_file(records / "run/models/fine-tuned/package/rift.json"), "rift.json")
                .at("model")
                .at("link")
                .at("form")
                .as_string(),
            "quantiles");
}

TEST(TextStudy, AFamilysDevianceIsAFigureOfItsModel) {
  const Records records(data::Task::kRegression);
  const Json metrics = run_train(records.spec("run", {"objective.loss=gamma"}));
  EXPECT_GT(metrics.at("test").at("deviance").at("value").as_double(), 0.0);
  EXPECT_NE(metrics_text(metrics).find("deviance"), std::string::npos);
  const RunOptions resolved = read_run(records / "run/run.yaml", {});
  EXPECT_EQ(resolved.objective.loss.name(), "gamma");
}

TEST(TextStudy, ALossWithoutProbabilitiesIsSaidInTheReport) {
  const Records records(data::Task::kBinary);
  run_train(records.spec("run", {"objective.loss={kind: focal, gamma: 3}", "calibration=beta", "optim.epochs=1"}));
  EXPECT_NE(read_file(records / "run/report.html").find("does not aim at probabilities"), std::string::npos);
  const RunOptions resolved = read_run(records / "run/run.yaml", {});
  EXPECT_EQ(std::get<objective::FocalLoss>(resolved.objective.loss.kind).gamma, 3.0);
  EXPECT_EQ(resolved.calibration, score::CalibrationMethod::kBeta);
}

TEST(TextStudy, ASampleOfTheTrainingRowsIsSaidAndSetRight) {
  const Records records(data::Task::kBinary);
  run_train(records.spec("run", {"train.good_per_bad=0.5", "calibration=none", "optim.epochs=1"}));
  EXPECT_NE(read_file(records / "run/report.html").find("set back to the"), std::string::npos);
  const Json manifest = parse_json(read_file(records / "run/manifest.json"), "manifest.json");
  const Json& sample = manifest.at("training").at("sample");
  EXPECT_NEAR(sample.at("sampled_rate").as_double(), 2.0 / 3.0, 0.01);
  EXPECT_LT(sample.at("shift").as_double(), 0.0);
  const Json in_package = parse_json(read_file(records / "run/package/rift.json"), "rift.json");
  EXPECT_EQ(in_package.at("training").at("summary").at("sample"), sample);
  test::message_of(Code::kConfig, [&] { records.spec("other", {"task=multiclass", "train.good_per_bad=1"}); });
}

TEST(TextStudy, ForgettingIsToldInTheFiguresAndTheReport) {
  const Records records(data::Task::kBinary);
  write_file_atomic(records / "general.txt", "the loan was paid\nthe loan was late\nthe late loan\npaid\n");
  const Json metrics = run_train(records.spec("run", {"train.forgetting={texts: general.txt}", "optim.epochs=1"}));
  EXPECT_GT(metrics.at("forgetting").at("distance").as_double(), 0.0);
  EXPECT_TRUE(metrics.at("forgetting").at("pretrain_loss").is_null()) << "this backbone has no language head";
  EXPECT_NE(read_file(records / "run/report.html").find(sentence("table.relative_distance")), std::string::npos);
  const Json manifest = parse_json(read_file(records / "run/manifest.json"), "manifest.json");
  bool found = false;
  for (const Json& input : manifest.at("inputs").as_array()) {
    if (input.at("what") != Json("texts")) continue;
    found = true;
    EXPECT_EQ(input.at("sha256").as_string(), sha256_file(records / "general.txt"));
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(fs::path(read_run(records / "run/run.yaml", {}).train.forgetting->source.texts), records / "general.txt")
      << "the run's own run.yaml runs again";
}

TEST(TextStudy, TrainWritesTheDirectoryOfARun) {
  const Records records(data::Task::kBinary);
  const Json metrics = run_train(records.spec("run"));
  EXPECT_GT(metrics.at("test").at("auc").at("value").as_double(), 0.95);
  EXPECT_TRUE(metrics.contains("validation"));
  for (const char* file :
       {"run.yaml", "manifest.json", "log.jsonl", "metrics.json", "predictions.parquet", "timing.jsonl",
        "tb/events.out.tfevents.0.rift", "package/rift.json", "report.html", "report.json"}) {
    EXPECT_TRUE(fs::exists(records / "run" / file)) << file;
  }
  EXPECT_EQ(parse_json(read_file(records / "run/metrics.json"), "metrics.json"), metrics);
  const RunOptions resolved = read_run(records / "run/run.yaml", {});
  EXPECT_NE(resolved.model.text.pooling, models::Pooling::kAutomatic) << "the choice is written down";
  EXPECT_EQ(resolved.objective.loss.name(), "bce");
  EXPECT_EQ(resolved.train.early_stopping.metric, train::StopMetric::kAuc);
  EXPECT_TRUE(resolved.policy.approve_below && resolved.policy.refuse_from);
  EXPECT_TRUE(metrics.at("leakage").is_array());
  EXPECT_NE(metrics_text(metrics).find("AUC"), std::string::npos);

  run_train(records.spec("again"));
  for (const char* file : {"metrics.json", "log.jsonl", "predictions.parquet", "tb/events.out.tfevents.0.rift"}) {
    EXPECT_EQ(read_file(records / "again" / file), read_file(records / "run" / file)) << file;
  }
}

TEST(TextStudy, ATrainingThatIsReplacedKeepsItsPackageAloneUntilTheNewerOneIsReady) {
  const Records records(data::Task::kBinary);
  run_train(records.spec("run", {"optim.epochs=1"}));
  const std::string older = read_file(records / "run/package/manifest.json");
  StudySpec spec = records.spec("run", {"optim.epochs=1", "train.seed=2"});
  spec.overwrite = true;
  fs::remove(records / "run/log.jsonl");
  fs::create_directories(records / "run/log.jsonl/in the way");
  EXPECT_ANY_THROW(run_train(spec));
  for (const char* file : {"metrics.json", "report.json", "report.html", "manifest.json", "predictions.parquet"})
    EXPECT_FALSE(fs::exists(records / "run" / file)) << file;
  EXPECT_EQ(read_file(records / "run/package/manifest.json"), older);
  fs::remove_all(records / "run/log.jsonl");
  spec.overwrite = false;
  run_train(spec);
  EXPECT_NE(read_file(records / "run/package/manifest.json"), older);

  spec = records.spec("run", {"compare.models=[gbdt]"});
  spec.overwrite = true;
  run_compare(spec);
  for (const char* left : {"package", "log.jsonl", "timing.jsonl", "checkpoints", "metrics.json"})
    EXPECT_FALSE(fs::exists(records / "run" / left)) << left;
  spec = records.spec("run", {"compare.models=[fine-tuned]", "optim.epochs=1"});
  spec.overwrite = true;
  run_compare(spec);
  spec = records.spec("run", {"optim.epochs=1"});
  spec.overwrite = true;
  spec.init_from = records / "run/models/fine-tuned/package";
  run_train(spec);
  EXPECT_FALSE(fs::exists(records / "run/models")) << "of the comparison whose place the training took";
}

TEST(TextStudy, ARunKeepsOthersOutOfItsDirectory) {
  const Records records(data::Task::kBinary);
  StudySpec spec = records.spec("run", {"optim.epochs=1", "compare.models=[gbdt]"});
  spec.overwrite = true;
  fs::create_directories(records / "run");
  {
    const auto held = DirectoryLock::take(records / "run");
    for (const auto& run : {run_train, run_compare})
      EXPECT_THAT(test::message_of(Code::kEnvironment, [&] { run(spec); }), testing::HasSubstr("another run of rift"));
    EXPECT_EQ(std::distance(fs::directory_iterator(records / "run"), {}), 1) << "the lock alone";
  }
  run_compare(spec);
  EXPECT_FALSE(fs::exists(records / "run" / DirectoryLock::kFile));
}

TEST(TextStudy, AComparisonThatWasStoppedGoesOnWithWhatItHas) {
  const Records records(data::Task::kBinary);
  const Json whole = run_compare(records.spec("whole"));
  StudySpec spec = records.spec("stopped");
  fs::create_directories(records / "stopped/compare.json/in the way");
  test::message_of(Code::kEnvironment, [&] { run_compare(spec); });
  fs::remove_all(records / "stopped/compare.json");
  const fs::path kept = records / "stopped/unfinished/fine-tuned/0-1/run.json";
  const double seconds = parse_json(read_file(kept), "run.json").at("train_seconds").as_double();
  spec.resume = true;
  const Json resumed = run_compare(spec);
  for (const Json& model : resumed.at("models").as_array()) {
    if (model.at("name").as_string() == "fine-tuned") {
      EXPECT_DOUBLE_EQ(model.at("train_seconds").as_double(), seconds) << "it was not fitted again";
    }
    EXPECT_EQ(to_json_text(model.at("metrics")),
              to_json_text(Json{{"test", test_of(whole, model.at("name").as_string())}}));
  }
  EXPECT_EQ(read_file(records / "stopped/predictions.parquet"), read_file(records / "whole/predictions.parquet"));
  EXPECT_FALSE(fs::exists(records / "stopped/unfinished"));
}

TEST(TextStudy, ATrainingWithoutValidationRowsSaysThatItDidNotStopEarly) {
  const Records records(data::Task::kBinary);
  const std::vector<std::string> sets = {"split.validation=0", "optim.epochs=1"};
  run_train(records.spec("run", sets));
  EXPECT_NE(read_file(records / "run/report.html").find("did not stop early"), std::string::npos);
  StudySpec asked = records.spec("asked", sets);
  asked.options.train.early_stopping.metric = train::StopMetric::kAuc;
  EXPECT_THROW(run_train(asked), Error);
  EXPECT_FALSE(fs::exists(records / "asked/log.jsonl"));
  asked.options.compare.models = {ModelKind::kGbdt};
  EXPECT_NO_THROW(run_compare(asked)) << "nothing is fine-tuned";
}

TEST(TextStudy, TrainTakesTheFirstFoldWhereNoneIsNamed) {
  const Records records(data::Task::kBinary);
  const std::vector<std::string> few = {"split={kind: k_fold, k: 3}", "optim.epochs=0.1"};
  const Json metrics = run_train(records.spec("run", few));
  EXPECT_EQ(metrics.at("test").at("rows").as_int(), 80);
  EXPECT_EQ(std::get<data::KFoldSplit>(read_run(records / "run/run.yaml", {}).split.kind).fold, 0)
      << "the choice is written down";
}

}  // namespace
}  // namespace rift::study
