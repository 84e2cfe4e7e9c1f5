#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/data/table.h"

namespace rift::data {

/// The date of the decision among date columns, without a name to go by: filled in every row, not one value in half of
/// the rows, and of those the one whose middle half of rows lies closest together, because any other date is the
/// decision's plus a delay (or minus an age) that varies. Of two such dates of which one is earlier in nearly every row
/// it is that one, unless its middle half spans five years: what was known later may be an outcome. nullopt when no
/// column is such a date, or it spans decades.
std::optional<size_t> find_decision_date(const std::vector<Column>& columns);

/// Evidence that a column was filled after the decision. For each of `columns` (stored as their kinds ask) a sentence,
/// empty when there is none; `usable[i]` = 0 passes over a column. `labels` are 0/1, or empty for another task, for
/// which only dates can tell. Rules, each on evidence in the data alone:
///   1 a date later than the decision in more than a fifth of its rows
///   2 the label follows from it alone (AUC > .97)
///   3 an event of one class (one_class_event)
///   4 in proportion to another column it ranks the label with AUC >= .8, at least .05 better than either alone: what
///     was paid, in proportion to what was owed. Of the two it is the column that says more alone
///   5 a part of a sum whose total rules 1 to 4 suspect, except the part that is nearly all of it
///   6 alone AUC >= .8, and no other column that is left comes within .1
std::vector<std::string> find_suspects(const std::vector<Column>& columns, std::span<const uint8_t> usable,
                                       std::span<const double> labels, std::optional<size_t> decision);

}  // namespace rift::data
