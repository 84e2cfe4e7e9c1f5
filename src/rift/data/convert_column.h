#pragma once

#include <string>

#include "rift/data/number_style.h"
#include "rift/data/schema.h"
#include "rift/data/table.h"
#include "rift/data/time_text.h"

namespace rift::data {

/// number -> kNumber, date -> kTime, category and text -> kText.
Storage storage_of(Kind kind);

/// A cell that is not of its column's kind.
struct BadCell {
  int64_t row = 0;
  std::string_view expected;  // "a number", "a date"
};

struct ConvertedColumn {
  Column column;
  std::vector<BadCell> bad;  // ascending rows; the cells are missing in `column`
  int64_t infinite = 0;      // cells read as missing for that
};

/// How a column of text writes what its kind stores.
struct CellStyle {
  DateOrder dates = DateOrder::kNone;
  NumberStyle numbers = NumberStyle::kPlain;
};
CellStyle style_of(const Field& field);  // throws kArtefact

/// The column as `kind` stores it. A date whose slashes could be read both ways needs its order, a number with commas
/// its style.
ConvertedColumn convert_column(Column column, Kind kind, const CellStyle& style);

}  // namespace rift::data
