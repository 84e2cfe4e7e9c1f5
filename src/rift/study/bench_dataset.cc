#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/random.h"
#include "rift/data/row_stream.h"
#include "rift/study/bench.h"

// Where the rows of `rift bench` come from.
namespace rift::study {
namespace {

constexpr const char* kText = "text";
constexpr int64_t kOwnRows = 256;

/// Texts of 10 to some 120 tokens, as long and as uneven as those that applicants write.
std::string own_text(uint64_t row) {
  static constexpr std::array<std::string_view, 12> kSentences = {
      "I would like to pay off three credit cards with high rates and have one payment a month. ",
      "The loan is for a new roof before winter. ",
      "My job is stable: I have worked for the same company for eight years. ",
      "Monthly costs are 1,250 for rent, 310 for the car and about 400 for food. ",
      "I have never been late. ",
      "The money will go into repairs of our kitchen, and the rest into savings. ",
      "After a divorce I had to move, which is why my balance went up last year. ",
      "Debt consolidation. ",
      "My wife starts a new position in March; then our income will be 5,800 a month. ",
      "I plan to finish within two years rather than three. ",
      "The dentist's bill was larger than the insurance said it would be. ",
      "Thank you for looking at my application! "};
  const CounterRandom random(17, 0);
  std::string text;
  for (uint64_t i = 0, count = 1 + random.below(row, 7); i < count; ++i)
    text += kSentences[random.below((row + 1) * 1000 + i, kSentences.size())];
  return text + "Reference " + std::to_string(10000 + row) + ".";
}

data::Schema schema_of(const std::string& column, const std::string& label) {
  data::Schema schema;
  schema.fields = {{.name = column, .kind = data::Kind::kText, .role = data::Role::kFeature}};
  if (!label.empty()) schema.fields.push_back({.name = label, .kind = data::Kind::kNumber});
  schema.class_names = {"good", "bad"};
  return schema;
}

std::string text_column(const BenchSpec& spec) {
  if (!spec.column.empty()) return spec.column;
  const std::vector<std::string> names = data::column_names(spec.source);
  if (std::ranges::find(names, kText) != names.end()) return kText;
  std::vector<std::string> others = names;
  std::erase(others, spec.label);
  RIFT_REQUIRE(others.size() == 1, Code::kConfig,
               "rift bench: which column holds the texts? Name it with --column; the source has {}",
               fmt::join(names, ", "));
  return others.front();
}

struct Rows {
  data::Texts texts;
  std::vector<double> labels;
  std::vector<int64_t> source_row;
};

void append(Rows& rows, std::string_view text, std::optional<double> label, int64_t source_row) {
  rows.texts.append(text);
  rows.labels.push_back(label.value_or(static_cast<double>(splitmix64(static_cast<uint64_t>(source_row)) & 1U)));
  rows.source_row.push_back(source_row);
}

Rows read_rows(const BenchSpec& spec) {
  const std::string column = text_column(spec);
  data::RowStream stream(schema_of(column, spec.label), spec.source);
  Rows rows;
  bool has_text = false;
  data::RowBatch batch;
  while (stream.next(batch)) {
    throw_if_interrupted();
    RIFT_REQUIRE(batch.rejected.empty(), Code::kData, "row {} cannot be read: {}", batch.rejected.front().source_row,
                 batch.rejected.front().why);
    const data::Texts& texts = batch.table.at(column).texts();
    for (int64_t row = 0; row < batch.table.rows; ++row) {
      const std::string_view text = texts.get(row).value_or("");
      has_text = has_text || !text.empty();
      if (text.empty() && spec.rows > 0) continue;
      const int64_t number = batch.table.source_row[static_cast<size_t>(row)];
      std::optional<double> label;
      if (!spec.label.empty()) label = batch.table.at(spec.label).numbers()[static_cast<size_t>(row)];
      RIFT_REQUIRE(!label || *label == 0 || *label == 1, Code::kData,
                   "'{}': row {} is neither 0 nor 1; leave --label out, and labels are made up", spec.label, number);
      append(rows, text, label, number);
    }
  }
  RIFT_REQUIRE(has_text, Code::kData, "'{}': no row has a text", column);
  return rows;
}

/// Row floor(i * n / count) for each i < count.
Rows spread(const Rows& all, int64_t count) {
  const auto n = static_cast<int64_t>(all.labels.size());
  Rows rows;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = i * n / count;
    append(rows, *all.texts.get(row), all.labels[static_cast<size_t>(row)], all.source_row[static_cast<size_t>(row)]);
  }
  return rows;
}

}  // namespace

data::Dataset bench_dataset(const BenchSpec& spec) {
  RIFT_REQUIRE(spec.rows >= 0, Code::kConfig, "rift bench --rows: expected 0 (all) or more, got {}", spec.rows);
  Rows rows;
  if (spec.source.empty()) {
    RIFT_REQUIRE(spec.column.empty() && spec.label.empty(), Code::kConfig,
                 "rift bench: --column and --label name columns of DATA, which is not given");
    for (int64_t row = 0; row < (spec.rows > 0 ? spec.rows : kOwnRows); ++row)
      append(rows, own_text(static_cast<uint64_t>(row)), std::nullopt, row);
  } else {
    rows = read_rows(spec);
    if (spec.rows > 0 && spec.rows < static_cast<int64_t>(rows.labels.size())) rows = spread(rows, spec.rows);
  }
  data::Dataset dataset;
  dataset.schema = schema_of(kText, {});
  dataset.schema.fields.push_back({.name = "label", .kind = data::Kind::kCategory, .role = data::Role::kLabel});
  dataset.table.rows = static_cast<int64_t>(rows.labels.size());
  dataset.table.source_row = std::move(rows.source_row);
  dataset.label = std::move(rows.labels);
  dataset.table.columns.push_back({kText, std::move(rows.texts)});
  return dataset;
}

}  // namespace rift::study
