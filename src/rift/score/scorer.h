#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
  virtual std::string name() const = 0;  // "scorecard", "gbdt", ...
};

}  // namespace rift::score
