#include "rift/classic/text_documents.h"

#include <cmath>

#include "rift/base/error.h"
#include "rift/classic/feature_columns.h"

namespace rift::classic {
namespace {

struct Scale {
  double mean = 0.0;
  double deviation = 1.0;
};

/// Of the labels of a regression: the penalty is blind to their unit only when they have none.
Scale scale_of(std::span<const double> label, std::span<const double> weight) {
  double total = 0.0, sum = 0.0, squares = 0.0;
  for (size_t i = 0; i < label.size(); ++i) {
    const double w = weight.empty() ? 1.0 : weight[i];
    total += w;
    sum += w * label[i];
  }
  RIFT_REQUIRE(total > 0.0, Code::kData, "text baseline: the training rows have no weight");
  const double mean = sum / total;
  for (size_t i = 0; i < label.size(); ++i)
    squares += (weight.empty() ? 1.0 : weight[i]) * (label[i] - mean) * (label[i] - mean);
  const double deviation = std::sqrt(squares / total);
  return {mean, deviation > 0.0 ? deviation : 1.0};
}

}  // namespace

TextDocuments::TextDocuments(const encode::text::RowText& text, const data::Table& table,
                             std::span<const int64_t> rows) {
  pieces_.reserve(rows.size());
  documents_.reserve(rows.size());
  for (int64_t row : rows) {
    pieces_.push_back(text.pieces(table, row));
    documents_.emplace_back(pieces_.back().begin(), pieces_.back().end());
  }
}

SparseLinear fit_text_model(const SparseMatrix& matrix, const data::Dataset& dataset, std::span<const int64_t> rows,
                            double c, const SparseLinear* start) {
  std::vector<double> label = take_values(dataset.label, rows);
  const std::vector<double> weight = take_values(dataset.weight, rows);
  SparseLinearOptions options{.c = c};
  if (dataset.schema.task == data::Task::kMulticlass)
    options = {.loss = LinearLoss::kMultinomial, .outputs = dataset.schema.classes(), .c = c};
  if (dataset.schema.task != data::Task::kRegression) return fit_sparse_linear(matrix, label, weight, options, start);

  options.loss = LinearLoss::kSquared;
  const Scale scale = scale_of(label, weight);
  for (double& value : label) value = (value - scale.mean) / scale.deviation;
  SparseLinear model = fit_sparse_linear(matrix, label, weight, options);  // a start would be in the label's unit
  for (double& value : model.coefficients) value *= scale.deviation;
  for (double& value : model.intercepts) value = value * scale.deviation + scale.mean;
  return model;
}

std::vector<double> predict_all(const SparseLinear& model, const SparseMatrix& matrix) {
  const auto outputs = static_cast<size_t>(model.outputs);
  std::vector<double> values(static_cast<size_t>(matrix.rows()) * outputs);
  for (int64_t row = 0; row < matrix.rows(); ++row)
    model.margins(matrix.row(row), std::span<double>(values).subspan(static_cast<size_t>(row) * outputs, outputs));
  return values;
}

encode::text::RowText require_text(const data::Schema& schema, const encode::text::RowTextOptions& options) {
  encode::text::RowText text(schema, options);
  RIFT_REQUIRE(!text.columns().empty() || text.writes_table(), Code::kUnsupported,
               "the text baseline has nothing to read: these records hold no text column and from_table is 'never'");
  return text;
}

}  // namespace rift::classic
