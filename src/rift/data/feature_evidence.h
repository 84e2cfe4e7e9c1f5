#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/data/table.h"

/// What one column alone says of a binary label. Labels are 0 and 1; rows are ranked as they are, missing ones apart.
namespace rift::data {

/// A column that alone ranks better than that, in either direction, knows the label.
inline constexpr double kSeparatesAuc = 0.97;

/// P(value of a bad row > value of a good row) + half of ties, over the rows that have a value; 0.5 when a class has
/// none. Rank sum (Mann-Whitney), ties at their mean rank.
double rank_auc(std::span<const double> values, std::span<const double> labels);

/// The same for categories and texts: each row is ranked by the bad rate of its value among the rows of the other half
/// (halves by split_key), drawn towards the overall rate as if 10 more rows had it; the mean of both halves.
double category_auc(const Column& column, std::span<const double> labels);

/// rank_auc or category_auc, by storage. Times rank as numbers.
double single_auc(const Column& column, std::span<const double> labels);

/// Something that happens to rows of one class only: the column is filled, or has another value than its usual one, in
/// some rows, and nearly all of these are of one class. Found when there are at least 30 such rows, at least 98 % of
/// one class that is no more than 90 % of all, and chance would do it less than once in 10^9.
struct OneClassEvent {
  bool found = false;
  bool by_missing = false;  // the usual state is missing
  int64_t rows = 0;
  double share_bad = 0.0;  // of the bad rows that have it
  double share_good = 0.0;
};
OneClassEvent one_class_event(const Column& column, std::span<const double> labels);

}  // namespace rift::data
