#pragma once

#include <filesystem>

#include "rift/data/dataset.h"
#include "rift/data/options.h"

namespace rift::data {

struct LoadSpec {
  Task task = Task::kBinary;
  DataOptions data;
  SplitOptions split;
  /// Relative files of `data` and `split` are relative to this; empty = the working directory.
  std::filesystem::path base_directory;
};

/// Reads the records, gives every column its kind and role, freezes the split. Columns that run.yaml does not name are
/// guessed as propose() does. Throws kData (column missing, label of another shape, NaN label, broken line with its
/// number, no rows, a part without rows of both classes), kConfig (a name that run.yaml gives and the source lacks,
/// with the nearest), kArtefact (no such file), kEnvironment. No message holds a value of a row.
Dataset load_dataset(const LoadSpec& spec);

/// The rows of `source` under a schema that is known already (a package's): same column kinds and classes; rows without
/// a label are an error when `need_label`. All rows are in the test part.
Dataset load_dataset(const Schema& schema, const std::string& source, const std::filesystem::path& base_directory,
                     bool need_label);

/// Another split of the same rows. Rows are ranked by key (split.h), within each class when stratified; parts are taken
/// in the order test, calibration, validation, where a part that is to have share s of n rows has floor(s n + 1/2).
/// With data.group a group stands in its first row's place and goes where that row goes by the number of rows before
/// it. k_fold with `fold` left out: fold 0. Throws kConfig (a fold that is not there, no date to split by), kData (a
/// row without a date, a binary part without rows of both classes, an empty test or training part).
Split make_split(const Dataset& dataset, const SplitOptions& options);

/// Fold `fold` of the k-fold drawn with seed + `repeat`. Throws kConfig for another kind of split.
Split make_fold(const Dataset& dataset, const SplitOptions& options, int64_t fold, int64_t repeat);

/// Out-of-fold runs within some rows: fold (0..k-1) of each of `rows`, stratified for class labels, groups together.
std::vector<int32_t> inner_folds(const Dataset& dataset, std::span<const int64_t> rows, int64_t k, uint64_t seed);

/// The rows that `split` does not test with, in an order of which every beginning is a sample of them: each class of
/// each part (of a regression each part) comes up in proportion to its rows. What comes up as one is a row, or the rows
/// of a group that lie in one part. Within a class of a part units are ranked by (key, row); one with r of the class's
/// n rows before it and k rows of its own has the place (r + k/2) / n, and all are sorted by (place, key, row).
std::vector<std::vector<int64_t>> sampling_order(const Dataset& dataset, const Split& split, uint64_t seed);

}  // namespace rift::data
