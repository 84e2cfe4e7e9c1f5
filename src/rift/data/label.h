#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/data/number_style.h"
#include "rift/data/options.h"
#include "rift/data/table.h"

namespace rift::data {

/// `pattern` with * at either end standing for anything; without one the whole value must be equal.
bool matches_pattern(std::string_view value, std::string_view pattern);
bool matches_any(std::string_view value, const std::vector<std::string>& patterns);

/// A class of a label column and how often it comes.
struct LabelClass {
  std::string name;
  int64_t rows = 0;
};
/// The distinct values of a label column, sorted bytewise, without the missing ones.
std::vector<LabelClass> label_classes(const Texts& texts);

/// Which of two classes is the bad one when nobody says so: yes, true, bad, or 1 beside 0; else the rarer (of two
/// equally frequent ones the later by name).
struct BadClass {
  size_t index = 1;
  bool by_name = false;  // else because it is rarer
};
BadClass guess_bad_class(const std::vector<LabelClass>& two);

struct DecodedLabel {
  std::vector<double> values;
  std::vector<std::string> class_names;
  std::vector<std::string> seen;                   // Schema::label_values
  std::string note;                                // what was guessed, a sentence; empty when nothing was
  NumberStyle number_style = NumberStyle::kPlain;  // of a regression's values
};

/// Reads the label column of a training source. Throws kData: rows without a label (their number and the first), a
/// binary label of other than two values when `positive` is empty, patterns that match no row or every row, a value
/// of a regression that is no number, one class; of an ordinal label a value that `order` does not name. Throws kConfig
/// when `positive` is given for another task than binary or `order` for another than ordinal, and for an ordinal label
/// of texts without `order`.
DecodedLabel decode_label(const LabelOptions& options, Task task, const Texts& texts);

/// Reads one label of several, `column`: 1, yes or true holds, 0, no or false does not. [N] 0 or 1. Throws kData for
/// another value or none.
std::vector<double> decode_flag(std::string_view column, const Texts& texts);

/// Reads it for a model whose classes are known. Throws kData for a missing label and for a value that is neither one
/// of the training labels nor matched by a pattern of `positive`.
std::vector<double> decode_known_label(const Schema& schema, const Texts& texts);

}  // namespace rift::data
