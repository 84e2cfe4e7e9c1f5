#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/encode/text/row_text.h"
#include "rift/score/scorer.h"

namespace rift::classic {

/// What one member said, out of fold, of the rows that the stack is fitted on.
struct MemberScores {
  std::string name;
  score::RawScores raw;  // rows in the order of the stack's rows
};

/// Fusion by stacking: a model on the members' out-of-fold raw scores (log-odds, logits, predictions), with
/// non-negative weights, no matter which members exist (stack_weights.h). Binary: logistic regression. Several classes:
/// multinomial with one weight per member. Regression: least squares. Where rows may have no text at all, members that
/// read texts (their schema has a text column) do not count for such a row and an offset of its own stands in for them
/// (binary and regression).
/// Source: Wolpert, Stacked generalization (1992); non-negativity: Breiman, Stacked regressions (1996).
class Stack final : public score::Scorer {
 public:
  /// `rows`: the rows that `scores` speak of. `members`: models fitted on all training rows, in the order of `scores`.
  static std::unique_ptr<Stack> fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                    const std::vector<MemberScores>& scores,
                                    std::vector<std::shared_ptr<const score::Scorer>> members,
                                    const encode::text::RowTextOptions& text);
  using MemberLoader = std::function<std::shared_ptr<score::Scorer>(const std::filesystem::path& package,
                                                                    const Json& part, const data::Schema&)>;
  static std::unique_ptr<Stack> load(const std::filesystem::path& package, const Json& part, const data::Schema& schema,
                                     const MemberLoader& load_member);
  ~Stack() override;
  const data::Schema& schema() const override;
  score::RawScores score(const data::Table& rows) const override;
  /// The blend of raw scores that the members gave (in their order) for `rows`: what score() does once they have
  /// spoken.
  score::RawScores blend(const data::Table& rows, const std::vector<score::RawScores>& of_members) const;
  std::string name() const override { return "fusion"; }
  /// Of the members of a loaded fusion that have a language model.
  bool use_precision(score::Precision precision) override;
  void require_measured(score::Precision precision) const override;
  Json save(const std::filesystem::path& package) const override;
  Json weights() const;  // member -> weight(s), for reports

 private:
  Stack();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rift::classic
