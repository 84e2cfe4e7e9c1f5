#include "rift/classic/booster.h"

#include <LightGBM/c_api.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/threads.h"
#include "rift/classic/booster_text.h"

namespace rift::classic {
namespace {

void log_message(const char* text) {
  try {
    std::string_view line(text);
    while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
    if (!line.empty()) log_event(LogLevel::kDebug, "lightgbm", {{"message", line}});
  } catch (...) {
    // A message that cannot be logged must not unwind through a C interface.
  }
}

void check(int status, std::string_view call) {
  RIFT_REQUIRE(status == 0, Code::kBug, "LightGBM refused {}: {}", call, LGBM_GetLastError());
}

// LightGBM keeps its log callback for each thread on its own; without one it prints to standard output.
void route_log() { check(LGBM_RegisterLogCallback(log_message), "a log callback"); }

using Handle = std::unique_ptr<void, int (*)(void*)>;

constexpr int64_t kCellsOfAThread = 500'000;  // below, waking a second thread costs more than it does

/// LightGBM reads a seed into 31 bits and a sign.
int64_t seed_of(const BoosterParameters& parameters) { return parameters.seed & 0x7fffffff; }

/// Column-wise histograms without bundles: every sum has one order, whatever the number of threads.
std::string common_parameters(const BoosterRows& rows) {
  const int64_t useful = 1 + rows.rows * rows.features / kCellsOfAThread;
  return fmt::format(
      "verbosity=0 deterministic=true force_col_wise=true enable_bundle=false is_enable_sparse=false num_threads={}",
      std::min(useful, threads()));
}

std::string dataset_parameters(const BoosterRows& rows, const BoosterParameters& parameters) {
  // feature_pre_filter would drop columns for good by the first setting's leaf size.
  std::string text =
      common_parameters(rows) + fmt::format(" feature_pre_filter=false data_random_seed={}", seed_of(parameters));
  if (!parameters.categorical.empty())
    text += fmt::format(" categorical_feature={}", fmt::join(parameters.categorical, ","));
  return text;
}

std::string objective_parameters(const BoosterParameters& parameters) {
  switch (parameters.task) {
    case data::Task::kBinary:
      return " objective=binary metric=binary_logloss";
    case data::Task::kMulticlass:
    case data::Task::kOrdinal:
      return fmt::format(" objective=multiclass metric=multi_logloss num_class={}", parameters.classes);
    case data::Task::kRegression:
      return " objective=regression metric=rmse";
    case data::Task::kMultilabel:
      break;
  }
  RIFT_FAIL(Code::kBug, "a task without an objective");
}

std::string training_parameters(const BoosterRows& rows, const BoosterParameters& p) {
  return common_parameters(rows) + objective_parameters(p) +
         fmt::format(
             " num_leaves={} learning_rate={} min_data_in_leaf={} min_data_per_group={} lambda_l2={} "
             "feature_fraction={} bagging_fraction={} bagging_freq={} seed={}",
             p.leaves, p.learning_rate, p.min_rows_in_leaf, p.min_rows_in_leaf, p.l2, p.feature_share, p.row_share,
             p.row_share < 1.0 ? 1 : 0, seed_of(p));
}

void set_field(DatasetHandle dataset, const char* field, const std::vector<double>& values) {
  const std::vector<float> floats(values.begin(), values.end());
  check(LGBM_DatasetSetField(dataset, field, floats.data(), static_cast<int>(floats.size()), C_API_DTYPE_FLOAT32),
        field);
}

int32_t narrow(int64_t count, std::string_view what) {
  RIFT_REQUIRE(count <= std::numeric_limits<int32_t>::max(), Code::kUnsupported,
               "boosted trees take at most 2^31 - 1 {}, got {}", what, count);
  return static_cast<int32_t>(count);
}

Handle make_dataset(const BoosterRows& rows, const BoosterParameters& parameters, DatasetHandle reference) {
  DatasetHandle made = nullptr;
  check(LGBM_DatasetCreateFromMat(rows.values.data(), C_API_DTYPE_FLOAT64, narrow(rows.rows, "rows"),
                                  narrow(rows.features, "columns"), 1, dataset_parameters(rows, parameters).c_str(),
                                  reference, &made),
        "the rows");
  Handle dataset(made, LGBM_DatasetFree);
  set_field(made, "label", rows.labels);
  if (!rows.weights.empty()) set_field(made, "weight", rows.weights);
  return dataset;
}

Handle make_booster(DatasetHandle dataset, const BoosterRows& rows, const BoosterParameters& parameters) {
  BoosterHandle made = nullptr;
  check(LGBM_BoosterCreate(dataset, training_parameters(rows, parameters).c_str(), &made), "the settings");
  return Handle(made, LGBM_BoosterFree);
}

/// False when no leaf can be split any more.
bool grow_tree(BoosterHandle booster) {
  throw_if_interrupted();
  int is_finished = 0;
  check(LGBM_BoosterUpdateOneIter(booster, &is_finished), "a round");
  return is_finished == 0;
}

std::vector<double> predict_raw(BoosterHandle booster, const BoosterRows& rows, int64_t outputs, int trees) {
  std::vector<double> predictions(static_cast<size_t>(rows.rows * outputs));
  if (rows.rows == 0) return predictions;
  int64_t written = 0;
  check(LGBM_BoosterPredictForMat(booster, rows.values.data(), C_API_DTYPE_FLOAT64, narrow(rows.rows, "rows"),
                                  narrow(rows.features, "columns"), 1, C_API_PREDICT_RAW_SCORE, 0, trees,
                                  common_parameters(rows).c_str(), &written, predictions.data()),
        "the rows");
  RIFT_CHECK(written == static_cast<int64_t>(predictions.size()));
  return predictions;
}

std::string model_text(BoosterHandle booster) {
  int64_t bytes = 0;
  check(LGBM_BoosterSaveModelToString(booster, 0, -1, C_API_FEATURE_IMPORTANCE_GAIN, 0, &bytes, nullptr), "saving");
  std::string text(static_cast<size_t>(bytes), '\0');
  check(LGBM_BoosterSaveModelToString(booster, 0, -1, C_API_FEATURE_IMPORTANCE_GAIN, bytes, &bytes, text.data()),
        "saving");
  text.resize(static_cast<size_t>(bytes) - 1);  // it counts the closing zero byte
  return without_surroundings(text);
}

}  // namespace

Booster Booster::fit(const BoosterRows& rows, const BoosterParameters& parameters, int64_t trees) {
  route_log();
  const Handle dataset = make_dataset(rows, parameters, nullptr);
  const Handle booster = make_booster(dataset.get(), rows, parameters);
  for (int64_t tree = 0; tree < trees; ++tree)
    if (!grow_tree(booster.get())) break;
  // Scores come from the text that a package will hold, so a loaded model cannot differ.
  return from_text(model_text(booster.get()), rows.features, "the fitted trees");
}

Booster::Found Booster::fit_until(const BoosterRows& rows, const BoosterRows& validation,
                                  const BoosterParameters& parameters, const Stop& stop) {
  route_log();
  const Handle dataset = make_dataset(rows, parameters, nullptr);
  const Handle judges = make_dataset(validation, parameters, dataset.get());
  const Handle booster = make_booster(dataset.get(), rows, parameters);
  check(LGBM_BoosterAddValidData(booster.get(), judges.get()), "the validation rows");
  Found found;
  double best = std::numeric_limits<double>::infinity();
  for (int64_t tree = 1; tree <= stop.most_trees && tree <= found.trees + stop.patience; ++tree) {
    const bool has_grown = grow_tree(booster.get());
    double loss = 0.0;
    int count = 0;
    check(LGBM_BoosterGetEval(booster.get(), 1, &count, &loss), "the loss");
    if (loss < best) {
      best = loss;
      found.trees = tree;
    }
    if (!has_grown) break;
  }
  const int64_t outputs = data::has_classes(parameters.task) ? parameters.classes : 1;
  found.predictions = predict_raw(booster.get(), validation, outputs, static_cast<int>(found.trees));
  return found;
}

Booster Booster::from_text(const std::string& text, int64_t features, const std::string& file) {
  check_model_text(text, features, file);
  route_log();
  Booster booster;
  BoosterHandle loaded = nullptr;
  int iterations = 0;
  RIFT_REQUIRE(LGBM_BoosterLoadModelFromString(text.c_str(), &iterations, &loaded) == 0, Code::kArtefact,
               "{}: not a model text of LightGBM", file);
  booster.handle_ = std::shared_ptr<void>(loaded, LGBM_BoosterFree);
  int classes = 0;
  check(LGBM_BoosterGetNumClasses(loaded, &classes), "the number of classes");
  booster.text_ = text;
  booster.features_ = features;
  booster.outputs_ = classes;
  return booster;
}

std::vector<double> Booster::predict(const BoosterRows& rows) const {
  RIFT_CHECK(rows.features == features_);
  route_log();
  return predict_raw(handle_.get(), rows, outputs_, -1);
}

std::vector<double> Booster::gain() const {
  std::vector<double> gain(static_cast<size_t>(features_));
  check(LGBM_BoosterFeatureImportance(handle_.get(), -1, C_API_FEATURE_IMPORTANCE_GAIN, gain.data()), "the gain");
  return gain;
}

}  // namespace rift::classic
