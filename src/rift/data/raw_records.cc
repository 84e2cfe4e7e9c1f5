#include "rift/data/raw_records.h"

#include <algorithm>
#include <cstring>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/sha256.h"
#include "rift/data/convert_column.h"

namespace rift::data {

namespace {

/// Feeds rows to a digest: a byte for the storage, a length for texts, the value; 0 for a missing cell.
class RowStreamDigest {
 public:
  void see(const std::vector<Column>& columns, int64_t begin, int64_t end) {
    buffer_.clear();
    for (int64_t row = begin; row < end; ++row) {
      for (const Column& column : columns) see_cell(column, row);
    }
    hash_.update(buffer_);
  }
  std::string finish() { return hash_.finish_hex(); }

 private:
  void see_cell(const Column& column, int64_t row) {
    if (column.missing(row)) {
      buffer_.push_back('\0');
      return;
    }
    buffer_.push_back(static_cast<char>(1 + static_cast<int>(column.storage())));
    if (column.storage() == Storage::kText) {
      const std::string_view value = *column.texts().get(row);
      put(static_cast<uint64_t>(value.size()));
      buffer_.append(value);
    } else if (column.storage() == Storage::kTime) {
      put(column.times()[static_cast<size_t>(row)]);
    } else {
      put(column.numbers()[static_cast<size_t>(row)]);
    }
  }
  template <class T>
  void put(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    buffer_.append(bytes, sizeof(T));
  }
  Sha256 hash_;
  std::string buffer_;
};

std::vector<ColumnRequest> requests_for(const Source& source, std::span<const WantedColumn> wanted) {
  std::vector<ColumnRequest> requests;
  for (const WantedColumn& column : wanted) {
    const auto found = source.find(column.name);
    if (!found) {
      std::vector<std::string> others = source.column_names();  // a wanted column is no misspelling of another one
      std::erase_if(others, [&](const std::string& name) {
        return std::any_of(wanted.begin(), wanted.end(), [&](const auto& one) { return one.name == name; });
      });
      RIFT_FAIL(Code::kData, "{}: there is no column '{}' among its {} columns{}", source.name(), shorten(column.name),
                source.columns().size(), source.hint_for(column.name, others));
    }
    requests.push_back({.column = *found, .as_text = column.as_text});
  }
  return requests;
}

}  // namespace

RawRecords read_records(Source& source, std::span<const WantedColumn> wanted) {
  const auto requests = requests_for(source, wanted);
  RawRecords records;
  records.numbered = source.is_single_file();
  RowReader reader = source.open(requests);
  records.columns = reader.empty_columns();
  for (size_t i = 0; i < records.columns.size(); ++i) records.columns[i].name = wanted[i].name;
  RowStreamDigest digest;
  int64_t rows = 0;
  while (const int64_t appended = reader.append_next(records.columns)) {
    if (!records.numbered) digest.see(records.columns, rows, rows + appended);
    rows += appended;
    throw_if_interrupted();
  }
  RIFT_REQUIRE(rows > 0, Code::kData, "{}: no rows, only the names of {} columns", source.name(),
               source.columns().size());
  for (int64_t row = 0; row < rows; ++row) records.source_row.push_back(row);
  records.sha256 = records.numbered ? source.sha256_of_file() : digest.finish();
  return records;
}

void append_records(RawRecords& records, RawRecords more) {
  RIFT_CHECK(records.columns.size() == more.columns.size());
  Table all{.columns = std::move(records.columns), .rows = records.rows(), .source_row = std::move(records.source_row)};
  Table behind{.columns = std::move(more.columns), .rows = more.rows(), .source_row = std::move(more.source_row)};
  for (size_t i = 0; i < all.columns.size(); ++i) {
    Column& column = all.columns[i];
    Column& other = behind.columns[i];
    if (column.storage() == other.storage()) continue;
    const bool texts = column.storage() == Storage::kText || other.storage() == Storage::kText;
    RIFT_REQUIRE(texts, Code::kData, "column '{}' holds numbers in one file of the split and dates in another",
                 shorten(column.name));
    column = convert_column(std::move(column), Kind::kText, {}).column;
    other = convert_column(std::move(other), Kind::kText, {}).column;
  }
  append_rows(all, std::move(behind));
  records.columns = std::move(all.columns);
  records.source_row = std::move(all.source_row);
  records.sha256 += "\n" + more.sha256;
}

}  // namespace rift::data
