#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rift::data {

/// How one cell of text reads as a number. Spaces around it are passed over; true and false are 1 and 0
/// (kTruth: a number where one is asked for, but nothing that makes a column one of numbers); an infinite
/// number counts as missing, since no model can use it.
struct NumberCell {
  enum class State { kNumber, kTruth, kMissing, kInfinite, kNotNumber };
  State state = State::kMissing;
  double value = 0.0;
};
NumberCell parse_number(std::string_view text);

/// "", NA, N/A, #N/A, NaN, NULL, None, "." and "?", in any case: no number, no date and no label stands there. In
/// categories and texts only the empty cell is missing, since these letters may be a value.
bool spells_missing(std::string_view text);

/// A class as it is compared: spaces around it and a trailing ".0" of a whole number are gone, so that 1 and 1.0 are
/// one class whatever the file's format.
std::string_view label_text(std::string_view text);

std::string_view trim(std::string_view text);
std::string lower_case(std::string_view text);  // ASCII letters only

}  // namespace rift::data
