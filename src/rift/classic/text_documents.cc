#include "rift/classic/text_documents.h"

#include "rift/base/error.h"

namespace rift::classic {

TextDocuments::TextDocuments(const encode::text::RowText& text, const data::Table& table, std::span<const int64_t> rows)
    : sentences_(rows.size()) {
  const encode::text::RowTextReader reader(text, table);
  documents_.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) documents_.push_back(reader.pieces(rows[i], sentences_[i]));
}

encode::text::RowText require_text(const data::Schema& schema, const encode::text::RowTextOptions& options) {
  encode::text::RowText text(schema, options);
  RIFT_REQUIRE(
      !text.columns().empty() || text.writes_table(), Code::kUnsupported,
      "the text baseline has nothing to read: these records hold no text column and from_table is 'never'; set "
      "model.text.from_table: always, or leave the text baseline out");
  return text;
}

}  // namespace rift::classic
