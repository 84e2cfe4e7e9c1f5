#include "rift/classic/scorecard.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/threads.h"
#include "rift/classic/dense_logistic.h"
#include "rift/classic/feature_columns.h"

namespace rift::classic {
namespace {

constexpr std::string_view kFile = "parts/scorecard.json";

/// Weight of evidence of each of `rows`.
std::vector<double> weights_of_evidence(const data::Field& field, const VariableBins& bins, const data::Table& table,
                                        std::span<const int64_t> rows) {
  std::vector<double> woe;
  woe.reserve(rows.size());
  if (bins.is_number()) {
    for (double value : number_values(field, table, rows)) woe.push_back(bins.woe(bins.bin_of(value)));
  } else {
    for (const auto& value : category_values(field, table, rows)) woe.push_back(bins.woe(bins.bin_of(value)));
  }
  return woe;
}

std::vector<VariableBins> fit_bins(const data::Dataset& dataset, const data::Schema& schema,
                                   std::span<const int64_t> rows, const BinningOptions& options) {
  const std::vector<double> label = take_values(dataset.label, rows), weight = take_values(dataset.weight, rows);
  std::vector<VariableBins> bins(schema.fields.size());
  parallel_for(static_cast<int64_t>(bins.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const data::Field& field = schema.fields[static_cast<size_t>(at)];
      bins[static_cast<size_t>(at)] =
          field.kind == data::Kind::kCategory
              ? VariableBins::fit_category(category_values(field, dataset.table, rows), label, weight, options)
              : VariableBins::fit_number(number_values(field, dataset.table, rows), label, weight, options);
    }
  });
  return bins;
}

double log_odds_of(std::span<const double> label, std::span<const double> weight) {
  Counts counts;
  for (size_t i = 0; i < label.size(); ++i)
    (label[i] > 0.5 ? counts.bad : counts.good) += weight.empty() ? 1.0 : weight[i];
  RIFT_REQUIRE(counts.good > 0.0 && counts.bad > 0.0, Code::kData,
               "the training rows hold one class only ({} rows): a scorecard needs good and bad ones", label.size());
  return std::log(counts.bad / counts.good);
}

}  // namespace

std::unique_ptr<Scorecard> Scorecard::fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                          const ScorecardOptions& options) {
  RIFT_REQUIRE(dataset.schema.task == data::Task::kBinary, Code::kUnsupported,
               "a scorecard is for two classes; this task is {}", data::task_name(dataset.schema.task));
  const data::Schema all = tabular_schema(dataset.schema);
  RIFT_REQUIRE(!all.fields.empty(), Code::kUnsupported,
               "a scorecard needs numbers, categories or dates; these records hold texts only");
  const std::vector<double> label = take_values(dataset.label, rows), weight = take_values(dataset.weight, rows);
  std::unique_ptr<Scorecard> card(new Scorecard);
  card->intercept_ = log_odds_of(label, weight);

  std::vector<VariableBins> bins = fit_bins(dataset, all, rows, options.binning);
  std::vector<size_t> used;
  for (size_t v = 0; v < bins.size(); ++v)
    if (bins[v].information_value() >= options.min_information_value && bins[v].information_value() > 0.0)
      used.push_back(v);
  std::vector<std::vector<double>> woe;
  for (size_t v : used) woe.push_back(weights_of_evidence(all.fields[v], bins[v], dataset.table, rows));
  DenseLogistic fitted;
  if (!used.empty()) {
    const FillRows fill = [&](int64_t begin, int64_t end, double* block) {
      for (int64_t row = begin; row < end; ++row)
        for (const auto& variable : woe) *block++ = -variable[static_cast<size_t>(row)];
    };
    fitted = fit_dense_logistic(static_cast<int64_t>(used.size()), fill, label, weight,
                                {.l2 = options.l2, .non_negative = options.correct_signs});
    card->intercept_ = fitted.intercept;
  }

  card->schema_ = {dataset.schema.task, {}, dataset.schema.class_names};
  for (size_t i = 0; i < used.size(); ++i) {
    if (fitted.coefficients[i] == 0.0) continue;
    const data::Field& field = all.fields[used[i]];
    card->schema_.fields.push_back(field);
    card->variables_.push_back(
        {field.name, std::move(bins[used[i]]), fitted.coefficients[i], fitted.standard_errors[i]});
  }
  return card;
}

score::RawScores Scorecard::score(const data::Table& rows) const {
  score::RawScores raw{.rows = rows.rows, .values = std::vector<double>(static_cast<size_t>(rows.rows), intercept_)};
  const std::vector<int64_t> all = all_rows(rows);
  for (size_t v = 0; v < variables_.size(); ++v) {
    const auto woe = weights_of_evidence(schema_.fields[v], variables_[v].bins, rows, all);
    for (size_t i = 0; i < woe.size(); ++i) raw.values[i] -= variables_[v].coefficient * woe[i];
  }
  return raw;
}

Json Scorecard::save(const std::filesystem::path& package) const {
  Json variables = Json::array();
  for (const Variable& variable : variables_) {
    variables.push_back(Json{{"column", variable.column},
                             {"coefficient", variable.coefficient},
                             {"standard_error", variable.standard_error},
                             {"bins", variable.bins.to_json()}});
  }
  const Json document{{"intercept", intercept_}, {"variables", std::move(variables)}};
  std::filesystem::create_directories((package / kFile).parent_path());
  write_file_atomic(package / kFile, to_json_text(document, 1) + "\n");
  return Json{{"kind", name()}, {"file", kFile}};
}

std::unique_ptr<Scorecard> Scorecard::load(const std::filesystem::path& package, const Json&,
                                           const data::Schema& schema) {
  const Json document = parse_json(read_file(package / kFile), kFile);
  std::unique_ptr<Scorecard> card(new Scorecard);
  card->schema_ = {schema.task, {}, schema.class_names};
  card->intercept_ = document.at("intercept").as_double();
  for (const Json& item : document.at("variables").as_array()) {
    Variable variable{item.at("column").as_string(), VariableBins::from_json(item.at("bins")),
                      item.at("coefficient").as_double(), item.at("standard_error").as_double()};
    const data::Field* field = schema.find(variable.column);
    const bool is_category = field != nullptr && field->kind == data::Kind::kCategory;
    RIFT_REQUIRE(field != nullptr && field->kind != data::Kind::kText && is_category != variable.bins.is_number(),
                 Code::kArtefact, "{}: variable '{}' does not fit the package's schema", kFile,
                 shorten(variable.column));
    card->schema_.fields.push_back(*field);
    card->variables_.push_back(std::move(variable));
  }
  return card;
}

}  // namespace rift::classic
