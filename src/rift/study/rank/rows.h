#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/package/embedder.h"
#include "rift/study/rank/rank.h"

namespace rift::study {

/// The rows on which models are ranked, every model alike.
struct RankRows {
  data::Task task = data::Task::kBinary;
  int64_t classes = 0;  // 0 for a regression
  data::Schema schema;
  encode::text::RowTextOptions text;
  int64_t max_tokens = 128;
  data::Table table;
  std::vector<double> label;
  std::vector<int32_t> fold;  // of each row, 0 .. folds - 1, within each class
  int64_t folds = 5;
  std::string source_sha256;  // data::Dataset's
};

/// Of records all rows; of a run.yaml those of its training and validation part, so that test rows stay unseen. At most
/// spec.rows of them, the first by the rule of splits with spec.seed. Throws as rank_models().
RankRows load_rank_rows(const RankSpec& spec);

}  // namespace rift::study
