#pragma once

#include <cstdint>
#include <string>

#include "rift/data/convert_column.h"
#include "rift/data/schema.h"
#include "rift/data/table.h"

namespace rift::data {

/// What the cells of one column look like; the only thing that kinds are guessed from.
struct ColumnSummary {
  Storage stored = Storage::kText;
  int64_t rows = 0;
  int64_t missing = 0;   // empty cells, NaN
  int64_t distinct = 0;  // of the cells that are not missing
  int64_t repeated = 0;  // rows of the most frequent value
  bool numbers = false;  // every cell is a number, spelled missing or empty, and some are numbers
  NumberStyle number_style = NumberStyle::kPlain;  // of those numbers
  bool unclear_commas = false;                     // every cell is a number, but 1,234 may be one thousand or one
  bool whole = false;                              // those numbers have no fraction
  bool rising = false;                             // ... and each is larger (or each smaller) than the one before
  bool dense = false;        // ... and they leave few gaps: the range is at most four times the rows
  int64_t number_cells = 0;  // cells that are numbers, whatever the others are
  bool dates = false;        // every cell is a date, and which number is the day can be told
  DateOrder date_order = DateOrder::kNone;
  bool unclear_dates = false;  // every cell is a date, but which number is the day cannot be told
  double mean_bytes = 0.0;
  double words_share = 0.0;  // cells with a space within
  double mean_words = 0.0;
  double plain_share = 0.0;    // cells of printable ASCII without a space
  double ascii_share = 0.0;    // cells of ASCII alone
  double digits_share = 0.0;   // cells that hold a digit
  double amounts_share = 0.0;  // cells that are a number but for a sign of per cent, money or a separator
  double signed_share = 0.0;   // such cells with a sign of per cent or money

  CellStyle style() const { return {.dates = date_order, .numbers = number_style}; }

  int64_t filled() const { return rows - missing; }
  double missing_share() const { return rows == 0 ? 0.0 : static_cast<double>(missing) / static_cast<double>(rows); }
  double distinct_share() const {
    return filled() == 0 ? 0.0 : static_cast<double>(distinct) / static_cast<double>(filled());
  }
};

ColumnSummary summarize(const Column& column);

/// Why a column is what it is guessed to be; kPlain needs no word.
enum class KindReason {
  kPlain,
  kEmpty,
  kConstant,
  kNamesRows,
  kManyValues,
  kSentences,
  kUnclearDates,
  kUnclearCommas,
  kAmounts,
  kAmountsAsCategories
};
std::string why_of(KindReason reason);  // in the current language; "" for kPlain
struct KindGuess {
  Kind kind = Kind::kCategory;
  KindReason reason = KindReason::kPlain;
};

/// number: every cell is one;  date: every cell is one;  ignore: nothing in it, one value in every row, or a value of
/// its own in (nearly) every row that is no sentence, dates or numbers of which nobody can tell what they mean, many
/// amounts with signs;  text: sentences, or many values with words or letters;  else
/// category.
KindGuess guess_kind(const ColumnSummary& summary);

}  // namespace rift::data
