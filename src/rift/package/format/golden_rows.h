#pragma once

#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/score/calibrator.h"
#include "rift/score/scorer.h"

namespace rift::package {

/// Rows with the scores that the model gave when it was published: a loaded package must give them again. They are made
/// up, for a package travels further than its training data: numbers and dates at quantiles of the training rows,
/// rounded to three digits or to months, categories that many rows share, texts of our own, and a row with everything
/// missing. No customer's row, text or rare value is among them.
data::Table make_golden_rows(const data::Schema& schema, const data::Dataset& dataset);

Json golden_rows_to_json(const data::Table& rows);
data::Table golden_rows_from_json(const Json& json);  // throws kArtefact

}  // namespace rift::package
