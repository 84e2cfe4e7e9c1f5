#include "rift/train/pretrain/document_stream.h"

#include <glob.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/data/line_reader.h"
#include "rift/data/options.h"
#include "rift/data/row_stream.h"
#include "rift/encode/text/row_text.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRowsAtATime = 4096;
constexpr size_t kBytesAtATime = size_t{4} << 20;
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
    while (!lines_ || !lines_->next(line)) {
      if (next_file_ == files_.size()) return false;
      lines_.emplace(files_[next_file_++]);
    }
    return true;
  }

  std::vector<std::string> files_;
  size_t next_file_ = 0;
  std::optional<data::LineReader> lines_;  // of the file before `next_file_`
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
               .base_directory = source.base_directory,
               .asked_by = source.columns_key}) {}
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

DocumentSource documents_of(const PretrainDataOptions& data, const fs::path& base_directory) {
  DocumentSource source{
      .source = data.source, .columns = data.text, .base_directory = base_directory, .memory_limit = data.memory_limit};
  if (data::is_query(data.source) && data.folder) source.base_directory /= *data.folder;
  return source;
}

std::unique_ptr<DocumentStream> open_documents(const DocumentSource& source) {
  if (!data::is_query(source.source)) {
    std::vector<std::string> files = files_of(source.base_directory / source.source);
    RIFT_REQUIRE(!files.empty(), Code::kArtefact, "{}: {}: no such file", source.source_key,
                 (source.base_directory / source.source).string());
    const auto lines = std::ranges::count_if(files, [](const std::string& file) { return file.ends_with(kLines); });
    RIFT_REQUIRE(lines == 0 || lines == std::ssize(files), Code::kConfig,
                 "{}: {} matches text files and tables; name one kind", source.source_key, source.source);
    if (lines > 0) {
      RIFT_REQUIRE(source.columns.empty(), Code::kConfig,
                   "{}: {} holds one document a line and no columns; leave it out", source.columns_key, source.source);
      return std::make_unique<LineDocuments>(std::move(files));
    }
  }
  RIFT_REQUIRE(!source.columns.empty(), Code::kConfig,
               "{} is missing: name the column of the texts in {} (a file of one document a line ends in {})",
               source.columns_key, source.source_key, kLines);
  return std::make_unique<TableDocuments>(source);
}

void DocumentDigest::add(const std::string& text) {
  const uint64_t size = text.size();
  sha256_.update(std::as_bytes(std::span(&size, 1)));
  sha256_.update(text);
}

std::string sha256_of_documents(const DocumentSource& source) {
  const auto documents = open_documents(source);
  DocumentDigest digest;
  for (DocumentBatch batch; documents->next(batch);) {
    for (const std::string& text : batch.texts) digest.add(text);
  }
  return digest.finish_hex();
}

}  // namespace rift::train
