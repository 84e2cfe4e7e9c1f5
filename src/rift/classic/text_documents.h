#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/classic/tfidf_vectorizer.h"
#include "rift/data/table.h"
#include "rift/encode/text/row_text.h"

namespace rift::classic {

/// The texts of some rows of a table, which has to stay: its texts are looked at, not copied.
class TextDocuments {
 public:
  /// Throws kData when `table` lacks a column.
  TextDocuments(const encode::text::RowText& text, const data::Table& table, std::span<const int64_t> rows);
  std::span<const Document> documents() const { return documents_; }  // of each of `rows`, in their order

 private:
  std::vector<std::string> sentences_;  // of each row, where the table is written out
  std::vector<Document> documents_;
};

/// What the text baseline reads. Throws kUnsupported when that is nothing, kConfig as RowText does.
encode::text::RowText require_text(const data::Schema& schema, const encode::text::RowTextOptions& options);

}  // namespace rift::classic
