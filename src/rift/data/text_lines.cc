#include "rift/data/text_lines.h"

#include <utility>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/utf8.h"

namespace rift::data {

namespace fs = std::filesystem;

namespace {

constexpr size_t kLongestLine = size_t{16} << 20;  // as a line of CSV

}  // namespace

TextLines::TextLines(fs::path file, int64_t batch_rows) : path_(std::move(file)), batch_rows_(batch_rows) {
  std::error_code ignored;
  RIFT_REQUIRE(fs::is_regular_file(path_, ignored), Code::kArtefact, "{}: no such file", path_.string());
  file_.open(path_, std::ios::binary);
  RIFT_REQUIRE(file_.is_open(), Code::kEnvironment, "{}: cannot be opened; is reading it permitted?", path_.string());
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  char begin[3] = {};
  file_.read(begin, sizeof begin);
  if (std::string_view(begin, static_cast<size_t>(file_.gcount())) != kMark) {
    file_.clear();
    file_.seekg(0);
  }
  RIFT_REQUIRE(file_.peek() != std::ifstream::traits_type::eof(), Code::kData,
               "{}: the file is empty; expected one text a line", path_.string());
}

bool TextLines::next_line(std::string& line) {
  line.clear();
  if (file_.peek() == std::ifstream::traits_type::eof()) return false;
  for (int c = file_.get(); c != std::ifstream::traits_type::eof() && c != '\n'; c = file_.get()) {
    line.push_back(static_cast<char>(c));
    RIFT_REQUIRE(line.size() <= kLongestLine, Code::kData, "{}: line {}: longer than 16 MB; expected one text a line",
                 path_.string(), row_ + 1);
  }
  RIFT_REQUIRE(!file_.bad(), Code::kEnvironment, "{}: reading failed at line {}", path_.string(), row_ + 1);
  if (line.ends_with('\r')) line.pop_back();
  RIFT_REQUIRE(!first_invalid_utf8(line), Code::kData,
               "{}: line {}: not UTF-8; convert the file, such as with iconv -f latin1 -t utf-8", path_.string(),
               row_ + 1);
  return true;
}

bool TextLines::next(RowBatch& batch) {
  throw_if_interrupted();
  batch = {};
  Texts texts;
  std::string line;
  while (batch.table.rows < batch_rows_ && next_line(line)) {
    texts.append(line);
    batch.table.source_row.push_back(row_);
    batch.id.push_back(std::to_string(row_++));
    ++batch.table.rows;
  }
  batch.table.columns.push_back({.name = kColumn, .values = std::move(texts)});
  return batch.table.rows > 0;
}

}  // namespace rift::data
