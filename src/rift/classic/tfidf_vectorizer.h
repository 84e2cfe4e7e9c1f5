#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/classic/sparse_matrix.h"

namespace rift::classic {

/// Which pieces of a text count. Characters are for scripts without spaces and for misspelt short texts.
enum class TextPieces { kWords, kCharacters, kBoth };
constexpr auto enum_names(TextPieces) {
  return std::to_array<EnumName<TextPieces>>(
      {{TextPieces::kWords, "words"}, {TextPieces::kCharacters, "characters"}, {TextPieces::kBoth, "both"}});
}

struct TfidfOptions {
  TextPieces pieces = TextPieces::kWords;
  int64_t word_ngram = 2;
  int64_t shortest = 2;
  int64_t longest = 4;
  int64_t min_rows = 5;
  int64_t max_terms = 200'000;
  bool sublinear = true;
  template <class V>
  void visit(V& v) {
    v("pieces", pieces, "What is counted in a text.");
    v("word_ngram", word_ngram, "Longest run of words that is a term.", in_range(1, 5));
    v("shortest", shortest, "Fewest characters of a character term.", in_range(1, 10));
    v("longest", longest, "Most characters of a character term.", in_range(1, 10));
    v("min_rows", min_rows,
      "Fewest training rows that hold a term; a package shows its terms, and a rare one may be a name.", at_least(1));
    v("max_terms", max_terms, "The terms of the most rows are kept, for words and for characters each.", at_least(1));
    v("sublinear", sublinear, "1 + ln(count) instead of the count.");
  }
  void check(std::string_view path) const;  // shortest <= longest; throws kConfig
};

/// No term stands in enough texts: there is nothing that such terms could be learnt from.
class NoTerms : public Error {
 public:
  NoTerms(int64_t training_rows, int64_t min_rows);
};

/// The texts of one row, one for each text column; a missing text is empty. Terms do not reach across columns.
using Document = std::vector<std::string_view>;

/// Texts -> sparse rows, as scikit-learn's TfidfVectorizer (analyzer "word" and "char_wb", smooth_idf, norm "l2"):
///   value = tf(term) * (ln((1 + N) / (1 + rows with the term)) + 1), each row scaled to unit length; words and
///   characters are two blocks side by side, each scaled on its own. Lower-casing and splitting: encode/text/words.h.
/// Terms are columns in byte order, words first. Values are rounded to float in fitting and in scoring alike.
class TfidfVectorizer {
 public:
  /// Counts the training documents; `matrix`, when given, receives their rows (the same as transform() would give).
  /// Throws NoTerms (kData) when no term is left.
  static TfidfVectorizer fit(std::span<const Document> documents, const TfidfOptions& options,
                             SparseMatrix* matrix = nullptr);
  /// Whether fit() would find a term.
  static bool has_terms(std::span<const Document> documents, const TfidfOptions& options);
  std::vector<SparseEntry> transform(const Document& document) const;
  SparseMatrix transform(std::span<const Document> documents) const;

  const TfidfOptions& options() const { return options_; }
  int64_t columns() const { return static_cast<int64_t>(terms_.size()); }
  const std::string& term(int64_t column) const { return terms_[static_cast<size_t>(column)]; }
  std::span<const double> idf() const { return idf_; }

  /// Terms one a line (no term holds a line feed), and their idf; options and counts go to `header`.
  std::string terms_text() const;
  Json header() const;
  /// Throws kArtefact when the parts do not fit each other.
  static TfidfVectorizer load(const Json& header, std::string_view terms_text, std::vector<double> idf);

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using TermIds = std::unordered_map<std::string, int32_t, Hash, std::equal_to<>>;
  struct TermCounts;  // rows of (term, count) while fitting

  std::vector<SparseEntry> weighted(std::vector<SparseEntry> counts) const;
  void index();

  TfidfOptions options_;
  std::vector<std::string> terms_;
  std::vector<double> idf_;
  int64_t word_columns_ = 0;
  TermIds word_ids_, character_ids_;
};

}  // namespace rift::classic
