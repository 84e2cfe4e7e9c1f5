#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/schema.h"
#include "rift/data/table.h"

namespace rift::score {

/// What a model says before calibration.
///   binary:       values [N], log-odds of the bad class
///   multi-class:  values [N*C] row-major, logits (softmax gives the probabilities)
///   ordinal:      values [N*C] likewise, from the lowest class to the highest
///   multi-label:  values [N*L], log-odds of each label
///   regression:   values [N], the prediction; of a model of quantiles [N*Q], rising in a row
struct RawScores {
  int64_t rows = 0;
  int64_t outputs = 1;  // 1, C, L or Q
  std::vector<double> values;
  /// Regression: the Q levels of the quantiles; empty where one number is predicted.
  std::vector<double> levels;
  /// Regression: the mean of a family is predicted whose variance is mean^power: 1 Poisson, 2 gamma, between them
  /// Tweedie; figures of its deviance are meaningful then.
  std::optional<double> variance_power;
};

/// The place of the level nearest to 0.5, of two the lower one.
size_t central_level(const std::vector<double>& levels);
/// One prediction a row of a regression: of quantiles the central one. [N]
std::vector<double> point_predictions(const RawScores& raw);

/// What the layers of a language model multiply: f32; bf16; weights and states in 8 bits (precision.h).
enum class Precision { kF32, kBf16, kInt8 };

/// THE SEAM: rows in, raw scores out. A scorecard, a GBDT, a transformer and a fusion of them all stand behind it;
/// evaluation, reports and serving see nothing else. score() must give a row the same value whatever rows stand
/// beside it, and is safe to call from one thread at a time.
class Scorer {
 public:
  virtual ~Scorer() = default;
  /// The columns it reads. `rows` must hold every one of them with the storage that its kind asks for
  /// (kNumber -> kNumber, kCategory and kText -> kText, kDate -> kTime); score() throws kData otherwise.
  virtual const data::Schema& schema() const = 0;
  virtual RawScores score(const data::Table& rows) const = 0;
  /// What score() says of no rows: the form of its answers.
  virtual RawScores no_scores() const { return {.outputs = schema().outputs()}; }
  /// Which model it is, as run.yaml's compare.models says it: "scorecard", "logistic", "gbdt", "text-baseline",
  /// "fine-tuned", "fusion".
  virtual std::string name() const = 0;
  /// Computes in `precision` from now on, whatever that does to the scores; false where it has no language model, which
  /// alone can. Throws kUnsupported where the model or its device does not compute in it.
  virtual bool use_precision(Precision precision) { return precision == Precision::kF32; }
  /// Throws kUnsupported where what `precision` does to the scores of its language model was not measured or is beyond
  /// the bounds (precision.h), or as above.
  virtual void require_measured(Precision /*precision*/) const {}
  /// Writes everything needed to load it again into the package that is being built, classic models under parts/, the
  /// text tower in the root; returns what rift.json's "model" says of it: {"kind": name(), ...}.
  virtual Json save(const std::filesystem::path& package) const = 0;
};

}  // namespace rift::score
