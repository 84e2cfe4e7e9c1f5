#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/classic/sparse_linear.h"
#include "rift/data/dataset.h"

namespace rift::classic {

/// The linear model that a task asks for (logistic, multinomial, or squared on the standardised label, so that the
/// penalty is blind to its unit), on `matrix`, whose rows are `rows` of the dataset. `start` warms the search up; a
/// regression takes none. Throws kData when the rows have no weight or one class.
SparseLinear fit_task_linear(const SparseMatrix& matrix, const data::Dataset& dataset, std::span<const int64_t> rows,
                             double c, const SparseLinear* start = nullptr);

/// outputs[k] of each row of the matrix, [N*K].
std::vector<double> predict_all(const SparseLinear& model, const SparseMatrix& matrix);

}  // namespace rift::classic
