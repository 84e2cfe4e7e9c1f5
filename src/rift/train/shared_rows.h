#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/score/scorer.h"

namespace rift::train {

class RowStore;

/// What several fine-tunings on rows of one data set, of the same pretrained model and with the same `model.text`,
/// would each compute anew: the token ids of a row; what a wholly frozen encoder reads in it; and, where the fused
/// engine runs, what its frozen lower layers say of it. Each row is encoded once, and read once by a frozen encoder.
/// Results are those of fits that share nothing, to the rounding of sums. Torch-free.
class SharedRows {
 public:
  /// rows: all that the fits train on, validate with or score, each once. `dataset` has to outlive this.
  SharedRows(const data::Dataset& dataset, std::vector<int64_t> rows);
  ~SharedRows();
  SharedRows(const SharedRows&) = delete;
  SharedRows& operator=(const SharedRows&) = delete;

  /// Rows that were computed here, and how many were asked for in all.
  struct Work {
    int64_t encoded = 0;  // turned into tokens
    int64_t encoded_asked = 0;
    int64_t read = 0;  // by a wholly frozen encoder
    int64_t read_asked = 0;
  };
  const Work& work() const;

  /// What a scorer that fine_tune() made of these rows says of some of them, without encoding them again.
  score::RawScores score(const score::Scorer& scorer, std::span<const int64_t> rows);
  /// The same of a scorer whose encoder was frozen as a whole: what was read of the rows goes through its head alone.
  score::RawScores score_frozen(const score::Scorer& scorer, std::span<const int64_t> rows);

  RowStore& store() { return *store_; }  // row_store.h, for fine_tune()

 private:
  std::unique_ptr<RowStore> store_;
};

}  // namespace rift::train
