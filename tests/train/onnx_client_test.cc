#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/base/files.h"
#include "rift/base/log_odds.h"
#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/objective/link.h"
#include "rift/package/export.h"
#include "rift/package/format/package.h"
#include "rift/package/loaders.h"
#include "rift/train/fine_tune.h"
#include "support/client.h"
#include "train/small_options.h"

// Packages of what rift tuned as ONNX files: clients/onnx_scores.py has onnx check them and onnxruntime score rows.
namespace rift::train {
namespace {

using models::Pooling;
using score::CalibrationMethod;
using test::row_range;
using test::TempDirectory;

constexpr int64_t kRows = 90;

struct Case {
  std::string encoder = "bert";  // or an architecture of models/tiny_encoders.h
  Pooling pooling = Pooling::kPooler;
  data::Task task = data::Task::kBinary;
  CalibrationMethod calibration = CalibrationMethod::kPlatt;
  bool lora = false;
  bool label_tokens = false;
  objective::LossOptions loss;
};

std::string case_name(const testing::TestParamInfo<Case>& info) {
  const Case& asked = info.param;
  const size_t levels = objective::link_of(asked.loss).levels.size();
  return fmt::format("{}_{}_{}_{}_{}{}{}", asked.encoder, name_of(asked.pooling), data::task_name(asked.task),
                     name_of(asked.calibration), asked.loss.name(), levels,
                     asked.lora           ? "_lora"
                     : asked.label_tokens ? "_label_tokens"
                                          : "");
}

/// What `rift score` says of every row, by the outputs of the ONNX file.
Json expected(const package::Package& package, const score::RawScores& raw) {
  const auto rows = [&](const std::vector<double>& values, size_t width) {
    Json list = Json::array();
    for (size_t begin = 0; begin < values.size(); begin += width) {
      list.push_back(Json(std::vector<double>(values.begin() + begin, values.begin() + begin + width)));
    }
    return list;
  };
  const auto width = static_cast<size_t>(raw.outputs);
  const bool linked = !raw.levels.empty() || raw.variance_power || package.schema.task == data::Task::kOrdinal;
  Json json = Json::object();
  if (!linked) json["logits"] = rows(raw.values, width);
  if (!raw.levels.empty()) json["quantiles"] = rows(raw.values, width);
  const data::Table said = score::decision_table(package.schema, std::vector<std::string>(raw.rows), raw,
                                                 package.calibrator, package.policy);
  for (const char* name : {"score", "pd", "prediction"}) {
    const data::Column* column = said.find(name);
    if (column != nullptr) json[name] = Json(column->numbers());
  }
  if (package.schema.task == data::Task::kMultilabel) {
    std::vector<double> score = raw.values;
    for (double& value : score) value = sigmoid(value);
    json["score"] = rows(score, width);
    json["p"] = rows(package.calibrator.apply(raw), width);
  }
  if (data::has_classes(package.schema.task)) {
    json["score"] = rows(score::softmax(raw.values, raw.outputs), width);
    json["p"] = rows(package.calibrator.apply(raw), width);
  }
  return json;
}

class Onnx : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_CLIENTS();
    set_progress_style(ProgressStyle::kSilent);
    set_threads(1);
  }

  /// A model tuned on the data set and calibrated on it, as a package.
  void publish() {
    const Case& asked = GetParam();
    const auto backbone =
        asked.encoder == "bert" ? test::small_backbone(folder_) : test::encoder_backbone(folder_, asked.encoder);
    FineTuneOptions options = test::small_options(backbone);
    options.text.pooling = asked.pooling;
    options.objective.loss = asked.loss;
    if (asked.lora) options.tuning.method = tuning::LoraOptions{.rank = 2, .alpha = 4};
    if (asked.label_tokens) {
      models::LabelTokensOptions words;
      for (const std::string& name : dataset_.schema.class_names) {
        words.tokens.emplace_back(name, name == "late" ? "late" : "paid");
      }
      options.text.head.kind = std::move(words);
    }
    dataset_.split.part.assign(kRows, data::Part::kTrain);
    const FineTuned tuned =
        fine_tune({.dataset = dataset_, .train = row_range(0, kRows), .validation = {}, .options = options});
    const auto calibrator =
        score::Calibrator::fit(asked.task, asked.calibration, tuned.scorer->score(dataset_.table), dataset_.label, {});
    score::PolicyOptions policy;
    policy.approve_below = policy.refuse_from = 0.5;
    package::write_package(folder_ / "package", {*tuned.scorer, calibrator, policy, tuned.summary, dataset_},
                           package::all_loaders());
  }

  TempDirectory folder_;
  data::Dataset dataset_ = test::small_dataset(kRows, GetParam().task);
};

TEST_P(Onnx, GivesOurScores) {
  publish();
  const package::Package package = package::load_package(folder_ / "package", package::all_loaders());
  Json texts = Json::array();
  for (int64_t row = 0; row < kRows; ++row) {
    texts.push_back(std::string(*dataset_.table.at("note").texts().get(row)));
  }
  folder_.write("rows.json",
                to_json_text(Json{{"texts", std::move(texts)},
                                  {"expected", expected(package, package.scorer->score(dataset_.table))}}));
  package::export_package(folder_ / "package", package::ExportFormat::kOnnx, folder_ / "onnx");
  const auto run = test::run_client("tests/train/clients/onnx_scores.py", {folder_.path()});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
}

INSTANTIATE_TEST_SUITE_P(
    Tiny, Onnx,
    testing::Values(Case{}, Case{.encoder = "distilbert", .calibration = CalibrationMethod::kIsotonic},
                    Case{.calibration = CalibrationMethod::kNone}, Case{.lora = true},
                    Case{.pooling = Pooling::kCls, .task = data::Task::kMulticlass},
                    Case{.pooling = Pooling::kMean, .task = data::Task::kRegression},
                    Case{.pooling = Pooling::kLast, .calibration = CalibrationMethod::kIsotonic},
                    Case{.encoder = "roberta"}, Case{.encoder = "roberta", .pooling = Pooling::kMean, .lora = true},
                    Case{.encoder = "xlm_roberta"}, Case{.encoder = "distilbert"},
                    Case{.encoder = "distilbert", .pooling = Pooling::kCls, .task = data::Task::kMulticlass},
                    Case{.encoder = "electra"}, Case{.encoder = "electra", .pooling = Pooling::kLast},
                    Case{.encoder = "modernbert"},
                    Case{.encoder = "modernbert", .pooling = Pooling::kMean, .lora = true},
                    Case{.encoder = "modernbert", .pooling = Pooling::kLast},
                    Case{.encoder = "modernbert_mean", .task = data::Task::kMulticlass}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Losses, Onnx,
    testing::Values(Case{.task = data::Task::kOrdinal},
                    Case{.pooling = Pooling::kMean, .task = data::Task::kMultilabel},
                    Case{.task = data::Task::kMultilabel, .calibration = CalibrationMethod::kNone},
                    Case{.calibration = CalibrationMethod::kBeta}, Case{.calibration = CalibrationMethod::kTemperature},
                    Case{.task = data::Task::kRegression, .loss = {objective::QuantileLoss{}}},
                    Case{.task = data::Task::kRegression, .loss = {objective::QuantileLoss{.levels = {0.25}}}},
                    Case{.task = data::Task::kRegression, .loss = {objective::GammaLoss{}}}),
    case_name);

constexpr Pooling kLast = Pooling::kLast, kMean = Pooling::kMean;

INSTANTIATE_TEST_SUITE_P(
    TinyDecoder, Onnx,
    testing::Values(
        Case{.encoder = "gpt2", .pooling = kLast}, Case{.encoder = "gpt2", .pooling = kMean, .lora = true},
        Case{.encoder = "gpt2", .pooling = kLast, .label_tokens = true},
        Case{.encoder = "llama", .pooling = kLast, .task = data::Task::kMulticlass},
        Case{.encoder = "llama", .pooling = kLast, .lora = true}, Case{.encoder = "llama_biased", .pooling = kLast},
        Case{.encoder = "llama_biased", .pooling = kMean, .lora = true},
        Case{.encoder = "mistral", .pooling = kLast, .task = data::Task::kRegression},
        Case{.encoder = "mistral", .pooling = kMean}, Case{.encoder = "qwen2", .pooling = kLast, .label_tokens = true},
        Case{.encoder = "qwen2", .pooling = kMean, .lora = true},
        Case{.encoder = "qwen3", .pooling = kLast, .calibration = CalibrationMethod::kIsotonic, .lora = true},
        Case{.encoder = "qwen3", .pooling = kMean, .task = data::Task::kMulticlass},
        Case{.encoder = "gemma3", .pooling = kLast, .lora = true},
        Case{.encoder = "gemma3", .pooling = kMean, .task = data::Task::kRegression}),
    case_name);

}  // namespace
}  // namespace rift::train
