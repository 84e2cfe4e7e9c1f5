#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/classic/sparse_linear.h"
#include "rift/classic/tfidf_vectorizer.h"
#include "rift/data/dataset.h"
#include "rift/encode/text/row_text.h"

namespace rift::classic {

/// The texts of some rows, held as long as this object lives.
class TextDocuments {
 public:
  TextDocuments(const encode::text::RowText& text, const data::Table& table, std::span<const int64_t> rows);
  std::span<const Document> documents() const { return documents_; }

 private:
  std::vector<std::vector<std::string>> pieces_;
  std::vector<Document> documents_;
};

/// Task and strength -> the linear model of documents already counted; `start` warms the search up.
SparseLinear fit_text_model(const SparseMatrix& matrix, const data::Dataset& dataset, std::span<const int64_t> rows,
                            double c, const SparseLinear* start = nullptr);

/// outputs[k] of each row of the matrix, [N*K].
std::vector<double> predict_all(const SparseLinear& model, const SparseMatrix& matrix);

/// Throws kUnsupported when there is nothing to read.
encode::text::RowText require_text(const data::Schema& schema, const encode::text::RowTextOptions& options);

}  // namespace rift::classic
