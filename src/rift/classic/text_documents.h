#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/classic/tfidf_vectorizer.h"
#include "rift/data/table.h"
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

/// Throws kUnsupported when there is nothing to read.
encode::text::RowText require_text(const data::Schema& schema, const encode::text::RowTextOptions& options);

}  // namespace rift::classic
