#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/data/schema.h"
#include "rift/data/table.h"

namespace rift::encode::text {

/// Whether the row's table is written out as a sentence for the text model.
enum class FromTable { kNever, kWhenNoText, kAlways };
constexpr auto enum_names(FromTable) {
  return std::to_array<EnumName<FromTable>>(
      {{FromTable::kNever, "never"}, {FromTable::kWhenNoText, "when_no_text"}, {FromTable::kAlways, "always"}});
}

struct RowTextOptions {
  std::vector<std::string> columns;
  FromTable from_table = FromTable::kWhenNoText;
  template <class V>
  void visit(V& v) {
    v("columns", columns, "Text columns in the order in which the model reads them; empty = every text column.");
    v("from_table", from_table,
      "Whether the row is written out as a sentence: when_no_text = when the data has no text column at all.");
  }
};

/// What a text model reads of a row: which columns, and whether the rest of the row is written out. The one place where
/// that is decided, for the text baseline and for language models, in training, scoring and explaining alike.
class RowText {
 public:
  /// Throws kConfig naming the column when `options.columns` names one that is not a text feature of `schema`, or one
  /// twice.
  RowText(const data::Schema& schema, const RowTextOptions& options);

  bool writes_table() const { return writes_table_; }
  const std::vector<std::string>& columns() const { return columns_; }
  const std::vector<data::Field>& table_fields() const { return table_fields_; }

 private:
  std::vector<std::string> columns_;
  std::vector<data::Field> table_fields_;  // written out, in schema order
  bool writes_table_ = false;
};

/// A field of a schema with its column of one table.
struct BoundField {
  const data::Field* field;
  const data::Column* column;
};

/// RowText on the rows of one table, whose columns are looked up once. Any number of threads may read.
/// The sentence of a row is "Loan amount: 12000 USD. Purpose: debt consolidation. ...": captions, units and value names
/// of the schema in its order; numbers in their shortest form, with the unit unless the value has a name; dates as
/// YYYY-MM-DD. Missing and blank values are skipped; "" when nothing is left.
class RowTextReader {
 public:
  /// Both have to stay. Throws kData when `rows` lacks a column.
  RowTextReader(const RowText& text, const data::Table& rows);

  /// One piece per text column (empty where missing), then, where the table is written out, the sentence, which
  /// `sentence` holds from then on.
  std::vector<std::string_view> pieces(int64_t row, std::string& sentence) const;
  /// Replaces `text` by the pieces that are not blank, without white space around them, joined by ". " where a piece
  /// does not end a sentence itself, else by a space. Marks that end one: . ! ? : ; and the ellipsis, also of Chinese,
  /// with quotes or brackets after them.
  void joined(int64_t row, std::string& text) const;
  bool empty(int64_t row) const;  // every text column is missing or blank

 private:
  std::vector<const data::Texts*> texts_;
  std::vector<BoundField> table_fields_;
  bool writes_table_;
};

}  // namespace rift::encode::text
