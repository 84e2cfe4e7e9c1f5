#include "rift/classic/text_documents.h"

#include "rift/base/error.h"

namespace rift::classic {
TextDocuments::TextDocuments(const encode::text::RowText& text, const data::Table& table,
                             std::span<const int64_t> rows) {
  pieces_.reserve(rows.size());
  documents_.reserve(rows.size());
  for (int64_t row : rows) {
    pieces_.push_back(text.pieces(table, row));
    documents_.emplace_back(pieces_.back().begin(), pieces_.back().end());
  }
}

encode::text::RowText require_text(const data::Schema& schema, const encode::text::RowTextOptions& options) {
  encode::text::RowText text(schema, options);
  RIFT_REQUIRE(!text.columns().empty() || text.writes_table(), Code::kUnsupported,
               "the text baseline has nothing to read: these records hold no text column and from_table is 'never'");
  return text;
}

}  // namespace rift::classic
