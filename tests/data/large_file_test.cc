#include <sys/resource.h>

#include <fstream>

#include "data/records.h"
#include "rift/data/row_stream.h"
#include "rift/data/table_writer.h"

namespace rift::data {
namespace {

constexpr int64_t kRows = 3'000'000;

int64_t peak_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

/// About 400 MB of CSV with a broken line now and then.
void write_large(const std::filesystem::path& path) {
  std::ofstream out(path);
  out << "id,amount,purpose,note\n";
  const std::string note(100, 'n');
  for (int64_t i = 0; i < kRows; ++i) {
    if (i % 500'000 == 250'007) {
      out << "broken\n";
    } else {
      out << 'c' << i << ',' << i % 9973 << ".25,p" << i % 14 << ",\"" << note << ",\n" << note.substr(0, 20) << "\"\n";
    }
  }
}

// Reading, and writing what was read, keep to their memory however large the file is.
TEST(LargeFile, StreamsThroughInBoundedMemory) {
  test::TempDirectory folder;
  const auto path = folder / "large.csv";
  write_large(path);
  const auto file_megabytes = static_cast<int64_t>(std::filesystem::file_size(path)) >> 20;
  ASSERT_GT(file_megabytes, 350);
  Schema schema;
  schema.fields = {{.name = "amount", .kind = Kind::kNumber},
                   {.name = "purpose", .kind = Kind::kCategory},
                   {.name = "note", .kind = Kind::kText},
                   {.name = "id", .kind = Kind::kCategory, .role = Role::kId}};
  const int64_t before = peak_megabytes();
  RowStream stream(schema, path.string(), {.batch_rows = 4096, .memory_limit = "200MB"});
  TableWriter writer(folder / "scores.parquet", {{.name = "id", .storage = Storage::kText}, {.name = "amount"}});
  RowBatch batch;
  int64_t rows = 0;
  int64_t rejected = 0;
  while (stream.next(batch)) {
    Table out;
    out.rows = batch.table.rows;
    Texts id;
    for (size_t i = 0; i < batch.id.size(); ++i) {
      ASSERT_EQ(batch.id[i], "c" + std::to_string(batch.table.source_row[i]));
      id.append(batch.id[i]);
    }
    out.add({.name = "id", .values = std::move(id)});
    out.add({.name = "amount", .values = batch.table.at("amount").values});
    writer.append(out);
    rows += batch.table.rows;
    rejected += static_cast<int64_t>(batch.rejected.size());
  }
  writer.finish();
  EXPECT_EQ(rejected, 6);
  EXPECT_EQ(rows, kRows - 6);
  EXPECT_LT(peak_megabytes() - before, file_megabytes) << "file of " << file_megabytes << " MB";
  RecordProperty("peak_megabytes", std::to_string(peak_megabytes()));
  std::printf("file %ld MB, peak %ld MB above %ld MB\n", file_megabytes, peak_megabytes() - before, before);
  const Table written = read_table(folder / "scores.parquet");
  EXPECT_EQ(written.rows, rows);
}

}  // namespace
}  // namespace rift::data
