#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rift::encode::text {

/// Gets each piece in order; the view is valid during the call only.
using PieceVisitor = std::function<void(std::string_view piece)>;

/// Lower-case by Unicode's full mapping, as Python's str.lower(): final sigma by context, U+0130 becomes two
/// characters. Invalid UTF-8 becomes U+FFFD, so the result is always valid. Of a text beyond ASCII the first 227 MiB
/// count.
std::string lower_case(std::string_view text);

/// The words of the lower-cased text: longest runs of two or more letters, digits or underscores, equal to
/// scikit-learn's token_pattern (?u)\b\w\w+\b. Marks end a word, as in Python's \w. Linear time.
void for_each_word(std::string_view text, const PieceVisitor& visit);

struct CharacterNgramOptions {
  int64_t shortest = 3;  // characters, >= 1
  int64_t longest = 5;   // characters, >= shortest; throws kBug otherwise
};

/// Character n-grams inside the words of the lower-cased text, equal to scikit-learn's analyzer="char_wb": text is
/// split at white space, each word gets a space on both sides, a word shorter than n is given once, whole. Order: word
/// by word, by n, left to right. Time: text length times the number of lengths.
void for_each_char_ngram(std::string_view text, const CharacterNgramOptions& options, const PieceVisitor& visit);

}  // namespace rift::encode::text
