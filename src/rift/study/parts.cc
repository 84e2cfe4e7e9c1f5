#include "rift/study/parts.h"

#include <algorithm>
#include <iterator>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/base/sha256.h"
#include "rift/data/load_dataset.h"

namespace rift::study {

std::vector<int64_t> FitRows::together() const {
  std::vector<int64_t> all;
  std::merge(train.begin(), train.end(), validation.begin(), validation.end(), std::back_inserter(all));
  return all;
}

FitRows FitRows::without(const std::vector<uint8_t>& left_out) const {
  const auto kept = [&](const std::vector<int64_t>& rows) {
    std::vector<int64_t> some;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(some),
                 [&](int64_t row) { return left_out[static_cast<size_t>(row)] == 0; });
    return some;
  };
  return {kept(train), kept(validation)};
}

Parts parts_of(data::Split split) {
  Parts parts;
  parts.fit.train = split.rows(data::Part::kTrain);
  parts.fit.validation = split.rows(data::Part::kValidation);
  parts.calibration = split.rows(data::Part::kCalibration);
  parts.test = split.rows(data::Part::kTest);
  RIFT_REQUIRE(!parts.fit.train.empty(), Code::kData, "split: the training part has no rows");
  RIFT_REQUIRE(!parts.test.empty(), Code::kData, "split: the test part has no rows");
  parts.known = parts.fit.together();
  parts.split = std::move(split);
  return parts;
}

std::vector<Parts> all_parts(const data::Dataset& dataset, const data::SplitOptions& options) {
  const auto* folds = std::get_if<data::KFoldSplit>(&options.kind);
  std::vector<Parts> all;
  if (folds == nullptr || folds->fold) {
    all.push_back(parts_of(dataset.split));
    return all;
  }
  for (int64_t repeat = 0; repeat < folds->repeats; ++repeat) {
    for (int64_t fold = 0; fold < folds->k; ++fold) {
      all.push_back(parts_of(data::make_fold(dataset, options, fold, repeat)));
      all.back().repeat = repeat;
    }
  }
  return all;
}

void take_one_fold(data::SplitOptions& split) {
  auto* folds = std::get_if<data::KFoldSplit>(&split.kind);
  if (folds == nullptr || folds->fold) return;
  folds->fold = 0;
  log_info("fold 0 is the one test part (split.fold names another; rift compare tests on every fold in turn)",
           {{"folds", folds->k}});
}

std::string digest_of(const std::vector<Parts>& parts) {
  if (parts.size() == 1) return parts.front().split.digest;
  Sha256 hash;
  for (const Parts& one : parts) hash.update(one.split.digest);
  return hash.finish_hex();
}

std::vector<uint8_t> marked(int64_t rows, const std::vector<int64_t>& which) {
  std::vector<uint8_t> flags(static_cast<size_t>(rows));
  for (const int64_t row : which) flags[static_cast<size_t>(row)] = 1;
  return flags;
}

}  // namespace rift::study
