#include "rift/classic/table_inputs.h"

#include "rift/base/error.h"
#include "rift/classic/feature_columns.h"

namespace rift::classic {

using encode::tabular::CategoryEncoder;
using encode::tabular::NumberEncoder;

TableInputs TableInputs::fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                             const LogisticOptions& options) {
  TableInputs inputs{tabular_schema(dataset.schema), {}, {}};
  RIFT_REQUIRE(!inputs.schema.fields.empty(), Code::kUnsupported,
               "logistic regression needs numbers, categories or dates; these records hold texts only");
  for (const data::Field& field : inputs.schema.fields) {
    if (field.kind == data::Kind::kCategory)
      inputs.categories.push_back(
          CategoryEncoder::fit(category_values(field, dataset.table, rows), options.categories));
    else
      inputs.numbers.push_back(NumberEncoder::fit(number_values(field, dataset.table, rows), options.numbers));
  }
  return inputs;
}

int64_t TableInputs::columns() const {
  int64_t columns = 2 * static_cast<int64_t>(numbers.size());
  for (const CategoryEncoder& encoder : categories) columns += encoder.ids();
  return columns;
}

SparseMatrix TableInputs::encode(const data::Table& table, std::span<const int64_t> rows) const {
  std::vector<std::vector<SparseEntry>> entries(rows.size());
  int32_t first = 0;
  size_t number = 0, category = 0;
  for (const data::Field& field : schema.fields) {
    if (field.kind == data::Kind::kCategory) {
      const CategoryEncoder& encoder = categories[category++];
      const auto names = category_values(field, table, rows);
      for (size_t i = 0; i < names.size(); ++i) entries[i].push_back({first + encoder.encode(names[i]), 1.0F});
      first += static_cast<int32_t>(encoder.ids());
      continue;
    }
    const NumberEncoder& encoder = numbers[number++];
    const std::vector<double> values = number_values(field, table, rows);
    for (size_t i = 0; i < values.size(); ++i) {
      if (NumberEncoder::missing(values[i]))
        entries[i].push_back({first + 1, 1.0F});
      else
        entries[i].push_back({first, static_cast<float>(encoder.encode(values[i]))});
    }
    first += 2;
  }
  SparseMatrix matrix(columns());
  for (const auto& row : entries) matrix.append_row(row);
  return matrix;
}

Json TableInputs::to_json() const {
  Json features = Json::array();
  size_t number = 0, category = 0;
  for (const data::Field& field : schema.fields) {
    const bool is_category = field.kind == data::Kind::kCategory;
    features.push_back(Json{{"column", field.name},
                            {"encoder", is_category ? categories[category++].to_json() : numbers[number++].to_json()}});
  }
  return features;
}

TableInputs TableInputs::from_json(const Json& json, const data::Schema& schema) {
  TableInputs inputs{{schema.task, {}, schema.class_names}, {}, {}};
  for (const Json& feature : json.as_array()) {
    const std::string& column = feature.at("column").as_string();
    const data::Field* field = schema.find(column);
    const Json& encoder = feature.at("encoder");
    RIFT_REQUIRE(field != nullptr && field->kind != data::Kind::kText &&
                     (field->kind == data::Kind::kCategory) == encoder.contains("names"),
                 Code::kArtefact, "logistic regression: feature '{}' does not fit the package's schema",
                 shorten(column));
    inputs.schema.fields.push_back(*field);
    if (field->kind == data::Kind::kCategory)
      inputs.categories.push_back(CategoryEncoder::from_json(encoder));
    else
      inputs.numbers.push_back(NumberEncoder::from_json(encoder));
  }
  return inputs;
}

}  // namespace rift::classic
