#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>

#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/study/compare.h"
#include "rift/study/curve/learning_curve.h"
#include "rift/study/search/search.h"
#include "study/every_option_check.h"
#include "study/every_option_table.h"
#include "train/small_options.h"

// Every option of run.yaml set to another value: the result is another one, or an error says why not. Of an option that
// changes memory or places alone the result is the same to the bit, and the table names the test of what it changes.
namespace rift::study {
namespace {

namespace fs = std::filesystem;
using test::OptionCase;
using test::Result;

constexpr int64_t kRows = 160;

/// Records with a column for every role, and models that are made once.
class Records {
 public:
  Records() {
    std::string all = header();
    for (int64_t row = 0; row < kRows; ++row) all += record(row);
    folder_.write("records.csv", all);
    folder_.write("other/records.csv", head_of(all, 120));
    folder_.write("fewer.csv", head_of(all, 90));
    folder_.write("few.csv", head_of(all, 60));
    test::general_texts(folder_);
    folder_.write("other.txt", "the loan was late\npaid later\nthe loan was paid late\nlate late late\n");
    folder_.write("texts.csv",
                  "a,b\nthe loan was late,paid later\nthe loan was paid,late late\npaid,the loan\n"
                  "was late,the loan was paid\n");
    folder_.write("captions.yaml", "columns: {sex: {caption: loan, values: {paid: was}}}\n");
    make_models();
    folder_.write("run.yaml", R"(task: binary
data:
  source: records.csv
  id: row
  label: {column: outcome, positive: [late]}
  columns: {note: text, remark: text, amount: number, sex: category, code: ignore, day: date, later: ignore,
            customer: ignore, branch: ignore, weight: ignore, stage: ignore, is_late: ignore, is_paid: ignore,
            is_old: ignore, outcome: ignore}
split: {kind: random, test: 0.25, validation: 0.2}
model:
  text: {backbone: language, max_tokens: 12}
  fusion: {kind: stacking, folds: 2}
optim: {name: adamw, lr: 5.0e-3, head_lr: 2.0e-2, batch_rows: 16, epochs: 2}
train: {early_stopping: {patience: 0}, checkpoint_every_steps: 4}
compare: {tries: 1}
search: {space: {optim.lr: {log: [1.0e-3, 1.0e-1]}}}
)");
  }

  const test::TempDirectory& folder() const { return folder_; }

 private:
  static std::string header() {
    return "row,note,remark,amount,sex,code,day,later,customer,branch,weight,stage,is_late,is_paid,is_old,outcome\n";
  }
  static std::string record(int64_t row) {
    const CounterRandom random(3, static_cast<uint64_t>(row));
    const char* kWords[] = {"the", "loan", "was"};
    const char* kStages[] = {"nothing", "late", "paid"};
    const uint64_t stage = random.below(0, 3);
    const bool late = stage == 1;
    std::string note, remark;
    for (uint64_t word = 0; word < 2 + random.below(1, 6); ++word)
      note += std::string(kWords[random.below(10 + word, 3)]) + " ";
    note += random.uniform(2) < 0.2 ? "was" : stage == 0 ? "the" : kStages[stage];
    for (uint64_t word = 0; word < 1 + random.below(3, 3); ++word)
      remark += std::string(kWords[random.below(30 + word, 3)]) + " ";
    const auto day = [&](uint64_t index) {
      return fmt::format("2020-{:02}-{:02}", 1 + random.below(index, 8), 1 + random.below(index + 1, 28));
    };
    return fmt::format("r{},{},{},{:.2f},{},c{},{},{},k{},b{},{:.2f},{},{},{},{},{}\n", row, note, remark,
                       100.0 * (1 + static_cast<double>(stage)) + 50 * random.uniform(4),
                       random.below(5, 2) ? "late" : "paid", 1000 - row, day(50), day(60), row / 3, row / 7,
                       0.5 + random.uniform(6), kStages[stage], late ? 1 : 0, stage == 2 ? 1 : 0, random.below(7, 2),
                       late ? "late" : "good");
  }
  static std::string head_of(const std::string& text, int64_t rows) {
    size_t end = 0;
    for (int64_t line = 0; line <= rows; ++line) end = text.find('\n', end) + 1;
    return text.substr(0, end);
  }
  /// language/ a BERT with its language head, headed/ one with a head for two classes, engine/ one for the engine,
  /// gpt2/ a decoder.
  void make_models() const {
    const auto keep = [&](const std::string& name) { fs::rename(folder_ / "base", folder_ / name); };
    test::language_backbone(folder_);
    keep("language");
    test::small_directory(folder_);
    checkpoint::write_tensors(folder_ / "base/model.safetensors", test::small_tensors(1));
    keep("headed");
    test::engine_backbone(folder_);
    keep("engine");
    test::encoder_backbone(folder_, "gpt2");
    keep("gpt2");
  }

  test::TempDirectory folder_;
};

class EveryOption : public testing::TestWithParam<OptionCase> {
 protected:
  static void SetUpTestSuite() {
    set_progress_style(ProgressStyle::kSilent);
    set_log(LogLevel::kError, LogStyle::kText);
    set_threads(1);
    records_ = std::make_unique<Records>();
  }
  static void TearDownTestSuite() { records_.reset(); }

  /// Everything of one run; its directory goes with it.
  Result run(const std::vector<std::string>& sets) const {
    const test::TempDirectory& folder = records_->folder();
    for (const char* place : {"run", "mlruns", "elsewhere"}) fs::remove_all(folder / place);
    const fs::path file = folder / "run.yaml";
    StudySpec spec;
    spec.options = read_run(file, sets);
    spec.run_file = file;
    spec.directory = folder / "run";
    switch (GetParam().verb) {
      case OptionCase::Verb::kTrain:
        run_train(spec);
        break;
      case OptionCase::Verb::kCompare:
        run_compare(spec);
        break;
      case OptionCase::Verb::kSearch:
        run_search({.run = spec, .configuration = read_run_yaml(file, sets), .trials = 6});
        break;
      case OptionCase::Verb::kCurve:
        run_learning_curve(spec);
        break;
    }
    Result result = test::result_in(spec.directory);
    for (const char* place : {"mlruns", "elsewhere"}) test::add_store(folder / place, place, result);
    return result;
  }

  static std::unique_ptr<Records> records_;
  static test::OptionCheck check_;
};
std::unique_ptr<Records> EveryOption::records_;
test::OptionCheck EveryOption::check_;

TEST_P(EveryOption, SetToAnotherValueShows) {
  check_.expect_shows(GetParam(), std::to_string(static_cast<int>(GetParam().verb)),
                      [this](const std::vector<std::string>& sets) { return run(sets); });
}

std::string case_name(const testing::TestParamInfo<OptionCase>& info) { return test::case_name(info.param); }

INSTANTIATE_TEST_SUITE_P(, EveryOption, testing::ValuesIn(test::option_cases()), case_name);

}  // namespace
}  // namespace rift::study
