#include "rift/classic/task_linear.h"

#include "rift/base/error.h"
#include "rift/classic/feature_columns.h"
#include "rift/metrics/label_scale.h"

namespace rift::classic {

SparseLinear fit_task_linear(const SparseMatrix& matrix, const data::Dataset& dataset, std::span<const int64_t> rows,
                             double c, const SparseLinear* start) {
  std::vector<double> label = take_values(dataset.label, rows);
  const std::vector<double> weight = take_values(dataset.weight, rows);
  SparseLinearOptions options{.c = c};
  if (data::has_classes(dataset.schema.task))
    options = {.loss = LinearLoss::kMultinomial, .outputs = dataset.schema.classes(), .c = c};
  if (dataset.schema.task != data::Task::kRegression) return fit_sparse_linear(matrix, label, weight, options, start);

  options.loss = LinearLoss::kSquared;
  const auto scale = metrics::label_scale(label, weight);
  RIFT_REQUIRE(scale, Code::kData, "linear model: the training rows have no weight");
  for (double& value : label) value = scale->scaled(value);
  SparseLinear model = fit_sparse_linear(matrix, label, weight, options);  // a start would be in the label's unit
  for (double& value : model.coefficients) value *= scale->deviation;
  for (double& value : model.intercepts) value = value * scale->deviation + scale->mean;
  return model;
}

std::vector<double> predict_all(const SparseLinear& model, const SparseMatrix& matrix) {
  const auto outputs = static_cast<size_t>(model.outputs);
  std::vector<double> values(static_cast<size_t>(matrix.rows()) * outputs);
  for (int64_t row = 0; row < matrix.rows(); ++row)
    model.margins(matrix.row(row), std::span<double>(values).subspan(static_cast<size_t>(row) * outputs, outputs));
  return values;
}

}  // namespace rift::classic
