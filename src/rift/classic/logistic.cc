#include "rift/classic/logistic.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/classic/feature_columns.h"
#include "rift/classic/table_inputs.h"
#include "rift/classic/task_linear.h"

namespace rift::classic {
namespace {

using encode::tabular::NumberTransform;

constexpr std::string_view kFile = "parts/logistic.json";
constexpr size_t kCheapRows = 20'000;

std::vector<LogisticOptions> settings() {
  std::vector<LogisticOptions> all;
  for (const double c : {0.1, 0.01, 1.0, 10.0}) {
    for (const NumberTransform transform : {NumberTransform::kStandard, NumberTransform::kQuantile})
      all.push_back({.numbers = {.transform = transform}, .categories = {}, .c = c});
  }
  return all;
}

std::vector<double> finite_numbers(const Json& json, size_t count) {
  const std::vector<double> values = json.as_doubles();
  RIFT_REQUIRE(
      values.size() == count && std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }),
      Code::kArtefact, "{}: expected {} finite numbers, got {}", kFile, count, values.size());
  return values;
}

}  // namespace

struct Logistic::Impl {
  TableInputs inputs;
  SparseLinear model;
};

Logistic::Logistic() : impl_(std::make_unique<Impl>()) {}
Logistic::~Logistic() = default;
const data::Schema& Logistic::schema() const { return impl_->inputs.schema; }

std::unique_ptr<Logistic> Logistic::fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                        const LogisticOptions& options) {
  std::unique_ptr<Logistic> model(new Logistic);
  model->impl_->inputs = TableInputs::fit(dataset, rows, options);
  model->impl_->model = fit_task_linear(model->impl_->inputs.encode(dataset.table, rows), dataset, rows, options.c);
  return model;
}

score::RawScores Logistic::score(const data::Table& rows) const {
  return {.rows = rows.rows,
          .outputs = impl_->model.outputs,
          .values = predict_all(impl_->model, impl_->inputs.encode(rows, all_rows(rows)))};
}

Json Logistic::save(const std::filesystem::path& package) const {
  std::filesystem::create_directories((package / kFile).parent_path());
  const Json json{{"features", impl_->inputs.to_json()},
                  {"outputs", impl_->model.outputs},
                  {"coefficients", impl_->model.coefficients},
                  {"intercepts", impl_->model.intercepts}};
  write_file_atomic(package / kFile, to_json_text(json, 1) + "\n");
  return Json{{"kind", name()}, {"file", kFile}};
}

std::unique_ptr<Logistic> Logistic::load(const std::filesystem::path& package, const Json&,
                                         const data::Schema& schema) {
  std::unique_ptr<Logistic> model(new Logistic);
  const Json json = parse_json(read_file(package / kFile), kFile);
  model->impl_->inputs = TableInputs::from_json(json.at("features"), schema);
  SparseLinear& linear = model->impl_->model;
  linear.outputs = json.at("outputs").as_int();
  RIFT_REQUIRE(linear.outputs == schema.outputs(), Code::kArtefact,
               "{}: the number of outputs is not that of the classes", kFile);
  const auto outputs = static_cast<size_t>(linear.outputs);
  linear.coefficients =
      finite_numbers(json.at("coefficients"), static_cast<size_t>(model->impl_->inputs.columns()) * outputs);
  linear.intercepts = finite_numbers(json.at("intercepts"), outputs);
  return model;
}

Choice<LogisticOptions> choose_logistic(const data::Dataset& dataset, std::span<const int64_t> train,
                                        std::span<const int64_t> validation, int64_t tries) {
  RIFT_CHECK(tries >= 1);
  const std::vector<ChoiceFold> folds = choice_folds(dataset, train, validation, kCheapRows);
  std::vector<LogisticOptions> options = settings();
  options.resize(std::min(options.size(), static_cast<size_t>(tries)));
  Choice<LogisticOptions> choice{.options = {}, .tries = {}, .judges = judges_of(folds, validation)};
  for (const LogisticOptions& setting : options) choice.tries.push_back({.settings = write_options(setting)});
  const size_t best = choose_best(
      dataset.schema.task, folds.size(), choice.tries, "logistic: settings", [&](size_t setting, size_t fold) {
        const ChoiceFold& rows = folds[fold];
        const TableInputs inputs = TableInputs::fit(dataset, rows.train, options[setting]);
        const SparseLinear linear =
            fit_task_linear(inputs.encode(dataset.table, rows.train), dataset, rows.train, options[setting].c);
        const SparseMatrix judges = inputs.encode(dataset.table, rows.validation);
        return choice_value(dataset, rows.validation, {judges.rows(), linear.outputs, predict_all(linear, judges)});
      });
  choice.options = options[best];
  return choice;
}

}  // namespace rift::classic
