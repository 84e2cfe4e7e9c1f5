#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "rift/base/options.h"
#include "rift/classic/choice.h"
#include "rift/data/dataset.h"
#include "rift/encode/tabular/category_encoder.h"
#include "rift/encode/tabular/number_encoder.h"
#include "rift/score/scorer.h"

namespace rift::classic {

struct LogisticOptions {
  encode::tabular::NumberOptions numbers;
  encode::tabular::CategoryOptions categories;
  double c = 1.0;
  template <class V>
  void visit(V& v) {
    v("numbers", numbers, "How numbers and dates are scaled.");
    v("categories", categories, "Which categories have an input of their own.");
    v("c", c, "Inverse strength of the L2 penalty.", positive());
  }
};

/// The plain benchmark: a linear model (logistic, multinomial, or squared on the standardised label, by task) on scaled
/// numbers and dates with a flag for missing, and on one input for each category, for unknown ones and for missing.
/// Encoders are fitted on the training rows. Throws kUnsupported when the records hold texts only, kData when the rows
/// have one class. File: parts/logistic.json.
class Logistic final : public score::Scorer {
 public:
  static std::unique_ptr<Logistic> fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                       const LogisticOptions& options);
  static std::unique_ptr<Logistic> load(const std::filesystem::path& package, const Json& part,
                                        const data::Schema& schema);
  ~Logistic() override;
  const data::Schema& schema() const override;
  score::RawScores score(const data::Table& rows) const override;
  std::string name() const override { return "logistic"; }
  Json save(const std::filesystem::path& package) const override;

 private:
  Logistic();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The best of the first `tries` of 8 fixed settings by choice_folds().
Choice<LogisticOptions> choose_logistic(const data::Dataset& dataset, std::span<const int64_t> train,
                                        std::span<const int64_t> validation, int64_t tries);

}  // namespace rift::classic
