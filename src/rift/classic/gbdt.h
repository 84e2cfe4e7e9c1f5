#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rift/base/options.h"
#include "rift/classic/choice.h"
#include "rift/data/dataset.h"
#include "rift/score/scorer.h"

namespace rift::classic {

struct GbdtOptions {
  int64_t trees = 500;
  int64_t leaves = 7;
  double learning_rate = 0.03;
  int64_t min_rows_in_leaf = 50;
  double l2 = 0.0;
  double feature_share = 0.8;
  double row_share = 0.8;
  int64_t seed = 1;
  template <class V>
  void visit(V& v) {
    v("trees", trees, "Trees (of each class).", at_least(1));
    v("leaves", leaves, "Most leaves of a tree.", at_least(2));
    v("learning_rate", learning_rate, "Shrinkage of each tree.", positive());
    v("min_rows_in_leaf", min_rows_in_leaf, "Fewest training rows of a leaf.", at_least(1));
    v("l2", l2, "L2 penalty on leaf values.", at_least(0));
    v("feature_share", feature_share, "Share of the columns that a tree sees.",
      Range{.low = 0, .high = 1, .open_low = true});
    v("row_share", row_share, "Share of the rows that a tree sees.", Range{.low = 0, .high = 1, .open_low = true});
    v("seed", seed, "Seed of the draws.", seed_range());
  }
};

/// Gradient-boosted trees (LightGBM, C interface) on numbers, categories (by id, unknown = missing) and dates (days
/// since 1970-01-01). Texts are not used; kUnsupported for records of texts alone. The same seed gives the same bytes,
/// whatever the number of threads. Needs N*F doubles of memory while fitting and scoring.
class Gbdt final : public score::Scorer {
 public:
  static std::unique_ptr<Gbdt> fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                   const GbdtOptions& options);
  static std::unique_ptr<Gbdt> load(const std::filesystem::path& package, const Json& part, const data::Schema& schema);
  ~Gbdt() override;
  const data::Schema& schema() const override;
  score::RawScores score(const data::Table& rows) const override;
  std::string name() const override { return "gbdt"; }
  Json save(const std::filesystem::path& package) const override;
  /// Share of the total gain by column, largest first.
  std::vector<std::pair<std::string, double>> importance() const;

 private:
  Gbdt();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The best of the first `tries` of 8 fixed settings by choice_folds(); the number of trees by early stopping on the
/// rows that judge (log loss or squared error, 50 trees without a gain).
Choice<GbdtOptions> choose_gbdt(const data::Dataset& dataset, std::span<const int64_t> train,
                                std::span<const int64_t> validation, int64_t tries, int64_t seed);

}  // namespace rift::classic
