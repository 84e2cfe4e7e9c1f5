#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rift/data/schema.h"

/// LightGBM behind values that clean up after themselves. Its messages go to the log at debug; what it refuses is
/// Error(kBug), since every option and every row was checked before.
namespace rift::classic {

/// Rows of numbers as LightGBM takes them: NaN = missing; `categorical` columns hold small ids.
struct BoosterRows {
  int64_t rows = 0;
  int64_t features = 0;
  std::vector<double> values;  // [N*F] row-major
  std::vector<double> labels;  // empty when only scored
  std::vector<double> weights;
};

struct BoosterParameters {
  data::Task task = data::Task::kBinary;
  int64_t classes = 0;  // kMulticlass
  std::vector<int64_t> categorical;
  int64_t leaves = 7;
  double learning_rate = 0.03;
  int64_t min_rows_in_leaf = 50;
  double l2 = 0.0;
  double feature_share = 1.0;
  double row_share = 1.0;
  int64_t seed = 1;
};

/// Trees that predict raw scores (log-odds, logits, values).
class Booster {
 public:
  /// `trees` rounds, fewer where no leaf can be split any more.
  static Booster fit(const BoosterRows& rows, const BoosterParameters& parameters, int64_t trees);

  struct Stop {
    int64_t most_trees = 2000;
    int64_t patience = 50;
  };
  struct Found;
  /// Rounds until the loss on `validation` has not fallen for `patience` rounds.
  static Found fit_until(const BoosterRows& rows, const BoosterRows& validation, const BoosterParameters& parameters,
                         const Stop& stop);

  /// From LightGBM's model text. Throws kArtefact when it is not one or has another number of features.
  static Booster from_text(const std::string& text, int64_t features, const std::string& file);
  const std::string& text() const { return text_; }

  std::vector<double> predict(const BoosterRows& rows) const;  // [N*outputs]
  int64_t outputs() const { return outputs_; }
  std::vector<double> gain() const;  // [F] total gain of the splits on each feature

 private:
  Booster() = default;
  std::string text_;
  int64_t features_ = 0;
  int64_t outputs_ = 1;
  std::shared_ptr<void> handle_;
};

struct Booster::Found {
  int64_t trees = 1;                // with the lowest loss
  std::vector<double> predictions;  // of the validation rows, with that many trees
};

}  // namespace rift::classic
