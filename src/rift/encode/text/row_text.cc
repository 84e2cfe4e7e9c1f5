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

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool ends_sentence(std::string_view text) {
  if (text.empty() || is_letter_or_digit(text.back())) return false;  // most texts, before 21 marks are compared
  static constexpr std::array<std::string_view, 10> kClosing = {"\"",     "'",      ")",      "]",      "\u201D",
                                                                "\u2019", "\u00BB", "\u300D", "\u300F", "\uFF09"};
  static constexpr std::array<std::string_view, 11> kEnds = {".",      "!",      "?",      ":",      ";",     "\u2026",
                                                             "\u3002", "\uFF01", "\uFF1F", "\uFF1A", "\uFF1B"};
  size_t bytes = 0;
  while (ends_with_one_of(text, kClosing, bytes)) text.remove_suffix(bytes);
  return ends_with_one_of(text, kEnds, bytes);
}

std::string_view text_at(const data::Texts& texts, int64_t row) { return texts.get(row).value_or(std::string_view()); }

void append_number(const data::Field& field, double value, std::string& to) {
  const std::string number = number_text(value);
  const std::string_view name = field.shown_value(number);
  to += name;
  if (name == number && !field.unit.empty() && field.kind == data::Kind::kNumber) (to += ' ') += field.unit;
}

/// Appends what stands in one cell, as people read it; nothing when missing.
void append_value(const BoundField& bound, int64_t row, std::string& to) {
  const auto& [field, column] = bound;
  if (column->missing(row)) return;
  const auto i = static_cast<size_t>(row);
  switch (column->storage()) {
    case data::Storage::kNumber:
      append_number(*field, column->numbers()[i], to);
      break;
    case data::Storage::kText:
      to += trimmed(field->shown_value(text_at(column->texts(), row)));
      break;
    case data::Storage::kTime: {
      const std::string time = data::format_time(column->times()[i]);
      to.append(time, 0, field->kind == data::Kind::kDate ? time.find(' ') : time.npos);
      break;
    }
  }
}

/// Appends row_sentence.
void append_sentence(const std::vector<BoundField>& fields, int64_t row, std::string& to) {
  const size_t begin = to.size();
  for (const BoundField& bound : fields) {
    const size_t before = to.size();
    if (before > begin) to += ' ';
    (to += bound.field->shown_name()) += ": ";
    const size_t value = to.size();
    append_value(bound, row, to);
    if (to.size() == value) {
      to.resize(before);
    } else if (!ends_sentence(std::string_view(to).substr(value))) {
      to += '.';
    }
  }
}

/// Appends a piece without white space around it, behind what ends the sentence before it; nothing when it is blank.
void append_piece(std::string_view piece, std::string& to) {
  const std::string_view words = trimmed(piece);
  if (words.empty()) return;
  if (!to.empty()) to += ends_sentence(to) ? " " : ". ";
  to += words;
}

std::vector<BoundField> bound(const std::vector<data::Field>& fields, const data::Table& rows) {
  std::vector<BoundField> found;
  for (const data::Field& field : fields) found.push_back({&field, &rows.at(field.name)});
  return found;
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
  return RowTextReader(*this, rows).pieces(row);
}

std::string RowText::joined(const data::Table& rows, int64_t row) const {
  std::string text;
  RowTextReader(*this, rows).joined(row, text);
  return text;
}

bool RowText::empty(const data::Table& rows, int64_t row) const {
  return std::all_of(columns_.begin(), columns_.end(),
                     [&](const std::string& column) { return trimmed(text_at(rows.at(column).texts(), row)).empty(); });
}

RowTextReader::RowTextReader(const RowText& text, const data::Table& rows)
    : table_fields_(bound(text.table_fields(), rows)), writes_table_(text.writes_table()) {
  for (const std::string& column : text.columns()) texts_.push_back(&rows.at(column).texts());
}

std::vector<std::string> RowTextReader::pieces(int64_t row) const {
  std::vector<std::string> found;
  for (const data::Texts* texts : texts_) found.emplace_back(text_at(*texts, row));
  if (writes_table_) append_sentence(table_fields_, row, found.emplace_back());
  return found;
}

void RowTextReader::joined(int64_t row, std::string& text) const {
  text.clear();
  for (const data::Texts* texts : texts_) append_piece(text_at(*texts, row), text);
  if (!writes_table_) return;
  std::string sentence;
  append_sentence(table_fields_, row, sentence);
  append_piece(sentence, text);
}

std::string row_sentence(const std::vector<data::Field>& fields, const data::Table& rows, int64_t row) {
  std::string sentence;
  append_sentence(bound(fields, rows), row, sentence);
  return sentence;
}

}  // namespace rift::encode::text
