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

/// Bytes of the one of `ends` that `text` ends with; 0 when it ends with none.
template <size_t N>
size_t bytes_of_end(std::string_view text, const std::array<std::string_view, N>& ends) {
  const auto found = std::ranges::find_if(ends, [&](std::string_view end) { return text.ends_with(end); });
  return found == ends.end() ? 0 : found->size();
}

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool ends_sentence(std::string_view text) {
  if (text.empty() || is_letter_or_digit(text.back())) return false;  // most texts, before 21 marks are compared
  static constexpr std::array<std::string_view, 10> kClosing = {"\"",     "'",      ")",      "]",      "\u201D",
                                                                "\u2019", "\u00BB", "\u300D", "\u300F", "\uFF09"};
  static constexpr std::array<std::string_view, 11> kEnds = {".",      "!",      "?",      ":",      ";",     "\u2026",
                                                             "\u3002", "\uFF01", "\uFF1F", "\uFF1A", "\uFF1B"};
  while (const size_t bytes = bytes_of_end(text, kClosing)) text.remove_suffix(bytes);
  return bytes_of_end(text, kEnds) > 0;
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

std::string sentence_of(const std::vector<BoundField>& fields, int64_t row) {
  std::string sentence;
  for (const BoundField& bound : fields) {
    const size_t before = sentence.size();
    if (before > 0) sentence += ' ';
    (sentence += bound.field->shown_name()) += ": ";
    const size_t value = sentence.size();
    append_value(bound, row, sentence);
    if (sentence.size() == value) {
      sentence.resize(before);
    } else if (!ends_sentence(std::string_view(sentence).substr(value))) {
      sentence += '.';
    }
  }
  return sentence;
}

/// Appends a piece without white space around it, behind what ends the sentence before it; nothing when it is blank.
void append_piece(std::string_view piece, std::string& to) {
  const std::string_view words = trimmed(piece);
  if (words.empty()) return;
  if (!to.empty()) to += ends_sentence(to) ? " " : ". ";
  to += words;
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

RowTextReader::RowTextReader(const RowText& text, const data::Table& rows) : writes_table_(text.writes_table()) {
  for (const std::string& column : text.columns()) texts_.push_back(&rows.at(column).texts());
  for (const data::Field& field : text.table_fields()) table_fields_.push_back({&field, &rows.at(field.name)});
}

std::vector<std::string_view> RowTextReader::pieces(int64_t row, std::string& sentence) const {
  std::vector<std::string_view> found;
  for (const data::Texts* texts : texts_) found.push_back(text_at(*texts, row));
  if (writes_table_) {
    sentence = sentence_of(table_fields_, row);
    found.push_back(sentence);
  }
  return found;
}

void RowTextReader::joined(int64_t row, std::string& text) const {
  text.clear();
  for (const data::Texts* texts : texts_) append_piece(text_at(*texts, row), text);
  if (writes_table_) append_piece(sentence_of(table_fields_, row), text);
}

bool RowTextReader::empty(int64_t row) const {
  return std::ranges::all_of(texts_, [&](const data::Texts* texts) { return trimmed(text_at(*texts, row)).empty(); });
}

}  // namespace rift::encode::text
