#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rift/classic/binning.h"
#include "rift/classic/choice.h"
#include "rift/data/dataset.h"
#include "rift/score/scorer.h"

namespace rift::classic {

struct ScorecardOptions {
  BinningOptions binning;
  double min_information_value = 0.02;
  double l2 = 1.0;
  bool correct_signs = true;
  template <class V>
  void visit(V& v) {
    v("binning", binning, "Bins of the variables.");
    v("min_information_value", min_information_value, "Variables with less are left out.", at_least(0));
    v("l2", l2, "L2 penalty of the logistic fit on weights of evidence.", at_least(0));
    v("correct_signs", correct_signs, "Every variable keeps the sign of its weight of evidence (coefficient >= 0).");
  }
};

/// Logistic regression on weights of evidence: numbers and categories (dates as days since the decision where there is
/// one). Texts are not used. A scorecard for two classes only; kUnsupported for other tasks.
class Scorecard final : public score::Scorer {
 public:
  static std::unique_ptr<Scorecard> fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                        const ScorecardOptions& options);
  static std::unique_ptr<Scorecard> load(const std::filesystem::path& package, const Json& part,
                                         const data::Schema& schema);
  const data::Schema& schema() const override { return schema_; }
  score::RawScores score(const data::Table& rows) const override;
  std::string name() const override { return "scorecard"; }
  Json save(const std::filesystem::path& package) const override;

  struct Variable {
    std::string column;
    VariableBins bins;
    double coefficient = 0.0;
    double standard_error = 0.0;
  };
  const std::vector<Variable>& variables() const { return variables_; }
  double intercept() const { return intercept_; }
  /// The card as a validator reads it: per variable its bins with counts, bad rate, WOE, IV and points (sum over the
  /// variables = points of the row), for reports and scorecard.json.
  Json card() const;

 private:
  data::Schema schema_;
  std::vector<Variable> variables_;
  double intercept_ = 0.0;
};

/// The best of `tries` (at most 8) fixed settings.
Choice<ScorecardOptions> choose_scorecard(const data::Dataset& dataset, std::span<const int64_t> train,
                                          std::span<const int64_t> validation, int64_t tries);

}  // namespace rift::classic
