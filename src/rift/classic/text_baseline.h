#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "rift/base/options.h"
#include "rift/classic/choice.h"
#include "rift/classic/sparse_linear.h"
#include "rift/classic/tfidf_vectorizer.h"
#include "rift/data/dataset.h"
#include "rift/encode/text/row_text.h"
#include "rift/score/scorer.h"

namespace rift::classic {

struct TextBaselineOptions {
  encode::text::RowTextOptions text;
  TfidfOptions tfidf;
  double c = 1.0;
  template <class V>
  void visit(V& v) {
    v("text", text, "What the model reads of a row.");
    v("tfidf", tfidf, "Terms and their weights.");
    v("c", c, "Inverse strength of the L2 penalty.", positive());
  }
};

/// TF-IDF of words and characters with a linear model on top (logistic, multinomial, or squared on the standardised
/// label, by task). A row without text scores the intercept. Terms do not reach across text columns. Throws
/// kUnsupported when the row has neither texts nor a sentence to read, kData when no term is left.
/// Files: parts/tfidf.json (settings), parts/tfidf.terms.txt (terms, one a line), parts/tfidf.f64 (little-endian f64:
/// idf [F], coefficients [F,K], intercepts [K]; F terms, K outputs as tfidf.json says).
class TextBaseline final : public score::Scorer {
 public:
  static std::unique_ptr<TextBaseline> fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                           const TextBaselineOptions& options);
  static std::unique_ptr<TextBaseline> load(const std::filesystem::path& package, const Json& part,
                                            const data::Schema& schema);
  ~TextBaseline() override;
  const data::Schema& schema() const override;
  score::RawScores score(const data::Table& rows) const override;
  std::string name() const override { return "text-baseline"; }
  Json save(const std::filesystem::path& package) const override;

 private:
  TextBaseline();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The best of the first `tries` of 8 fixed settings by choice_folds(); all read the row as `text` says. A group of
/// settings that finds no term in the texts (words where none are divided by spaces) is one try without a value, beside
/// the others. Throws NoTerms when no group finds one.
Choice<TextBaselineOptions> choose_text_baseline(const data::Dataset& dataset, std::span<const int64_t> train,
                                                 std::span<const int64_t> validation,
                                                 const encode::text::RowTextOptions& text, int64_t tries);

}  // namespace rift::classic
