#include "rift/data/text_lines.h"

#include <utility>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"

namespace rift::data {

TextLines::TextLines(std::filesystem::path file, int64_t batch_rows)
    : lines_(std::move(file)), batch_rows_(batch_rows) {
  RIFT_REQUIRE(!lines_.is_empty(), Code::kData, "{}: the file is empty; expected one text a line",
               lines_.path().string());
}

bool TextLines::next(RowBatch& batch) {
  throw_if_interrupted();
  batch = {};
  Texts texts;
  std::string line;
  while (batch.table.rows < batch_rows_ && lines_.next(line)) {
    texts.append(line);
    batch.table.source_row.push_back(row_);
    batch.id.push_back(std::to_string(row_++));
    ++batch.table.rows;
  }
  batch.table.columns.push_back({.name = kColumn, .values = std::move(texts)});
  return batch.table.rows > 0;
}

}  // namespace rift::data
