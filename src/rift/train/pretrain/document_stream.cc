#include "rift/train/pretrain/document_stream.h"

#include <glob.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/data/options.h"
#include "rift/data/row_stream.h"
#include "rift/encode/text/row_text.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRowsAtATime = 4096;
constexpr size_t kBytesAtATime = size_t{4} << 20;
constexpr size_t kLongestLine = size_t{64} << 20;
constexpr std::string_view kLines = ".txt";

/// The files of a path or glob, sorted; empty when there is none.
std::vector<std::string> files_of(const fs::path& pattern) {
  std::error_code ignored;
  if (fs::is_regular_file(pattern, ignored)) return {pattern.string()};
  std::vector<std::string> files;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  std::ranges::sort(files);
  return files;
}

/// Lines of plain text files.
class LineDocuments final : public DocumentStream {
 public:
  explicit LineDocuments(std::vector<std::string> files) : files_(std::move(files)) {}
  const std::vector<std::string>& files() const override { return files_; }

  bool next(DocumentBatch& batch) override {
    throw_if_interrupted();
    batch = {};
    size_t bytes = 0;
    std::string line;
    while (bytes < kBytesAtATime && static_cast<int64_t>(batch.texts.size()) < kRowsAtATime && next_line(line)) {
      bytes += line.size();
      batch.texts.push_back(line);
      batch.numbers.push_back(line_++);
    }
    return !batch.texts.empty();
  }

 private:
  bool next_line(std::string& line) {
    while (true) {
      if (!file_.is_open()) {
        if (next_file_ == files_.size()) return false;
        file_.open(files_[next_file_], std::ios::binary);
        RIFT_REQUIRE(file_.is_open(), Code::kArtefact, "{}: cannot be opened", files_[next_file_]);
        ++next_file_;
      }
      if (read_line(line)) return true;
      RIFT_REQUIRE(!file_.bad(), Code::kEnvironment, "{}: cannot be read", files_[next_file_ - 1]);
      file_.close();
      file_.clear();
    }
  }

  bool read_line(std::string& line) {
    line.clear();
    std::streambuf& bytes = *file_.rdbuf();
    int byte = bytes.sbumpc();
    if (byte == std::char_traits<char>::eof()) return false;
    for (; byte != std::char_traits<char>::eof() && byte != '\n'; byte = bytes.sbumpc()) {
      line.push_back(static_cast<char>(byte));
      RIFT_REQUIRE(line.size() <= kLongestLine, Code::kData,
                   "{}: a line is longer than {} MiB; a text file holds one document a line", files_[next_file_ - 1],
                   kLongestLine >> 20);
    }
    if (line.ends_with('\r')) line.pop_back();
    return true;
  }

  std::vector<std::string> files_;
  size_t next_file_ = 0;
  std::ifstream file_;
  int64_t line_ = 0;
};

data::Schema schema_of(const std::vector<std::string>& columns) {
  data::Schema schema;
  for (const std::string& column : columns) schema.fields.push_back({.name = column, .kind = data::Kind::kText});
  return schema;
}

/// Text columns of a table.
class TableDocuments final : public DocumentStream {
 public:
  explicit TableDocuments(const DocumentSource& source)
      : schema_(schema_of(source.columns)),
        text_(schema_, {.columns = source.columns, .from_table = encode::text::FromTable::kNever}),
        rows_(schema_, source.source,
              {.batch_rows = kRowsAtATime,
               .memory_limit = source.memory_limit,
               .base_directory = source.base_directory}) {}
  const std::vector<std::string>& files() const override { return rows_.files(); }

  bool next(DocumentBatch& batch) override {
    batch = {};
    data::RowBatch rows;
    if (!rows_.next(rows)) return false;
    for (const data::RejectedRow& rejected : rows.rejected) batch.rejected += rejected.rows;
    const encode::text::RowTextReader reader(text_, rows.table);
    batch.texts.resize(static_cast<size_t>(rows.table.rows));
    for (int64_t row = 0; row < rows.table.rows; ++row) reader.joined(row, batch.texts[static_cast<size_t>(row)]);
    batch.numbers = std::move(rows.table.source_row);
    return true;
  }

 private:
  data::Schema schema_;
  encode::text::RowText text_;
  data::RowStream rows_;
};

}  // namespace

std::unique_ptr<DocumentStream> open_documents(const DocumentSource& source) {
  if (!data::is_query(source.source)) {
    std::vector<std::string> files = files_of(source.base_directory / source.source);
    const auto lines = std::ranges::count_if(files, [](const std::string& file) { return file.ends_with(kLines); });
    RIFT_REQUIRE(lines == 0 || lines == std::ssize(files), Code::kConfig,
                 "data.source: {} matches text files and tables; name one kind", source.source);
    if (lines > 0) {
      RIFT_REQUIRE(source.columns.empty(), Code::kConfig,
                   "data.text: {} holds one document a line and no columns; leave data.text out", source.source);
      return std::make_unique<LineDocuments>(std::move(files));
    }
  }
  RIFT_REQUIRE(!source.columns.empty(), Code::kConfig,
               "data.text is missing: name the column, or columns, of the texts in data.source (a file of one document "
               "a line ends in {})",
               kLines);
  return std::make_unique<TableDocuments>(source);
}

}  // namespace rift::train
