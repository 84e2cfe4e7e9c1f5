#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/schema.h"
#include "rift/data/table.h"

namespace rift::score {

/// What a model says before calibration.
///   binary:       values [N], log-odds of the bad class
///   multi-class:  values [N*C] row-major, logits (softmax gives the probabilities)
///   regression:   values [N], the prediction
struct RawScores {
  int64_t rows = 0;
  int64_t outputs = 1;  // 1 or C
  std::vector<double> values;
};

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
