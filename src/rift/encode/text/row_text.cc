#include "rift/encode/text/row_text.h"

#include <algorithm>
#include <array>

#include "rift/base/count_text.h"
#include "rift/base/error.h"
#include "rift/data/cells.h"

namespace rift::encode::text {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

template <size_t N>
bool ends_with_one_of(std::string_view text, const std::array<std::string_view, N>& ends, size_t& bytes) {
  for (const std::string_view end : ends) {
    if (text.ends_with(end)) {
      bytes = end.size();
      return true;
    }
  }
  return false;
}

bool ends_sentence(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kClosing = {"\"",     "'",      ")",      "]",      "\u201D",
                                                                "\u2019", "\u00BB", "\u300D", "\u300F", "\uFF09"};
  static constexpr std::array<std::string_view, 11> kEnds = {".",      "!",      "?",      ":",      ";",     "\u2026",
                                                             "\u3002", "\uFF01", "\uFF1F", "\uFF1A", "\uFF1B"};
  size_t bytes = 0;
  while (ends_with_one_of(text, kClosing, bytes)) text.remove_suffix(bytes);
  return ends_with_one_of(text, kEnds, bytes);
}

std::string_view text_at(const data::Column& column, int64_t row) {
  return column.texts().get(row).value_or(std::string_view());
}

/// What stands in one cell, as people read it; "" when missing.
std::string shown_value(const data::Field& field, const data::Column& column, int64_t row) {
  if (column.missing(row)) return {};
  const auto i = static_cast<size_t>(row);
  switch (column.storage()) {
    case data::Storage::kText:
      return std::string(trimmed(field.shown_value(text_at(column, row))));
    case data::Storage::kTime: {
      const std::string time = data::format_time(column.times()[i]);
      return field.kind == data::Kind::kDate ? time.substr(0, time.find(' ')) : time;
    }
    case data::Storage::kNumber:
      break;
  }
  const std::string number = number_text(column.numbers()[i]);
  const std::string_view name = field.shown_value(number);
  if (name != number || field.unit.empty() || field.kind != data::Kind::kNumber) return std::string(name);
  return number + " " + field.unit;
}

std::string kind_of(const data::Field* field) {
  if (field == nullptr) return "is no column of the data";
  if (field->kind != data::Kind::kText) return fmt::format("is a {} column", data::kind_name(field->kind));
  return fmt::format("has the role {}", data::role_name(field->role));
}

void require_text_columns(const data::Schema& schema, const std::vector<std::string>& columns) {
  std::vector<std::string> names;
  for (const data::Field* field : schema.features(data::Kind::kText)) names.push_back(field->name);
  for (auto column = columns.begin(); column != columns.end(); ++column) {
    const std::string near = nearest_name(*column, names);
    RIFT_REQUIRE(std::find(names.begin(), names.end(), *column) != names.end(), Code::kConfig,
                 "text.columns: '{}' {}, not a text column of the model{}", shorten(*column),
                 kind_of(schema.find(*column)), near.empty() ? "" : fmt::format("; did you mean '{}'?", shorten(near)));
    RIFT_REQUIRE(std::find(columns.begin(), column, *column) == column, Code::kConfig, "text.columns names '{}' twice",
                 shorten(*column));
  }
}

}  // namespace

RowText::RowText(const data::Schema& schema, const RowTextOptions& options) : columns_(options.columns) {
  require_text_columns(schema, columns_);
  if (columns_.empty()) {
    for (const data::Field* field : schema.features(data::Kind::kText)) columns_.push_back(field->name);
  }
  writes_table_ =
      options.from_table == FromTable::kAlways || (options.from_table == FromTable::kWhenNoText && columns_.empty());
  for (const data::Field* field : schema.features()) {
    if (writes_table_ && field->kind != data::Kind::kText) table_fields_.push_back(*field);
  }
}

std::vector<std::string> RowText::pieces(const data::Table& rows, int64_t row) const {
  std::vector<std::string> found;
  for (const std::string& column : columns_) found.emplace_back(text_at(rows.at(column), row));
  if (writes_table_) found.push_back(row_sentence(table_fields_, rows, row));
  return found;
}

std::string RowText::joined(const data::Table& rows, int64_t row) const {
  std::string text;
  for (const std::string& piece : pieces(rows, row)) {
    const std::string_view words = trimmed(piece);
    if (words.empty()) continue;
    if (!text.empty()) text += ends_sentence(text) ? " " : ". ";
    text += words;
  }
  return text;
}

bool RowText::empty(const data::Table& rows, int64_t row) const {
  return std::all_of(columns_.begin(), columns_.end(),
                     [&](const std::string& column) { return trimmed(text_at(rows.at(column), row)).empty(); });
}

std::string row_sentence(const std::vector<data::Field>& fields, const data::Table& rows, int64_t row) {
  std::string sentence;
  for (const data::Field& field : fields) {
    const std::string value = shown_value(field, rows.at(field.name), row);
    if (value.empty()) continue;
    if (!sentence.empty()) sentence += ' ';
    sentence += field.shown_name() + ": " + value;
    if (!ends_sentence(value)) sentence += '.';
  }
  return sentence;
}

}  // namespace rift::encode::text
