#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rift/classic/binning.h"
#include "rift/classic/choice.h"
#include "rift/data/dataset.h"
#include "rift/score/policy.h"
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

/// Logistic regression on weights of evidence: numbers, categories and dates (days since 1970-01-01). Texts are not
/// used. For two classes only; kUnsupported for other tasks and for records of texts alone.
///   log-odds of the bad class = intercept - sum of coefficient * weight of evidence of the row's bin
/// Variables below the information value are left out (all of them: the card is its intercept), and so are, under
/// correct_signs, those whose coefficient is 0. Source: Siddiqi, Credit Risk Scorecards (2006).
class Scorecard final : public score::Scorer {
 public:
  static std::unique_ptr<Scorecard> fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                        const ScorecardOptions& options);
  static std::unique_ptr<Scorecard> load(const std::filesystem::path& package, const Json& part,
                                         const data::Schema& schema);
  /// The variables of the card, in the order of the records.
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
  /// The card as a validator reads it, best variable first: per variable its bins with counts, bad rate, WOE, IV and
  /// points, which hold an equal share of the base points each. The sum of a row's points over the variables is
  /// scale.points(pd) of its calibrated pd; where the calibration is isotonic ("calibrated": false) no sum can give
  /// that, and it is that of the uncalibrated pd. Without variables "points" of the whole stands alone.
  Json card(const score::PointsOptions& scale, const score::Calibrator& calibrator) const;

 private:
  Scorecard() = default;

  data::Schema schema_;
  std::vector<Variable> variables_;  // in the order of schema_
  double intercept_ = 0.0;
};

/// The best of the first `tries` of 8 fixed settings by choice_folds().
Choice<ScorecardOptions> choose_scorecard(const data::Dataset& dataset, std::span<const int64_t> train,
                                          std::span<const int64_t> validation, int64_t tries);

}  // namespace rift::classic
