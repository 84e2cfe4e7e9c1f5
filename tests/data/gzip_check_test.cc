#include "rift/data/gzip_check.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "data/proposals.h"
#include "rift/data/row_stream.h"

namespace rift::data {
namespace {

using test::message_of;
using test::plain_csv;
using test::propose_file;
using test::spec_of;
using test::write_plainly;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Files that gzip(1) has written, whole and damaged.
class GzipCheck : public ::testing::Test {
 protected:
  std::string compressed(const std::string& text) {
    write_plainly(folder_ / "plain", text);
    const std::string command =
        "gzip -nc '" + (folder_ / "plain").string() + "' > '" + (folder_ / "packed").string() + "'";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("gzip is missing");
    std::ifstream in(folder_ / "packed", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::string file(const std::string& bytes) {
    write_plainly(folder_ / "rows.csv.gz", bytes);
    return folder_ / "rows.csv.gz";
  }
  int64_t rows_of(const std::string& bytes) { return load_dataset(spec_of(file(bytes), "y")).table.rows; }
  test::TempDirectory folder_;
};

TEST_F(GzipCheck, WholeFilesAreRead) {
  const std::string rows = plain_csv(3000);
  const std::string whole = compressed(rows);
  const std::string second = compressed(rows.substr(rows.find('\n') + 1));
  EXPECT_EQ(rows_of(whole), 3000);
  EXPECT_EQ(rows_of(whole + second), 6000) << "two members";
}

TEST_F(GzipCheck, DamagedFilesAreRefusedByAllThatRead) {
  const std::string whole = compressed(plain_csv(30'000));
  const std::string more = compressed(plain_csv(10).substr(4));
  std::string bad_sum = whole;
  bad_sum[bad_sum.size() - 7] ^= 1;
  std::string bad_length = whole;
  bad_length[bad_length.size() - 2] ^= 1;
  std::string flipped = whole;
  flipped[flipped.size() / 2] ^= 4;
  const std::string cut_member = whole + more.substr(0, more.size() - 3);
  Schema schema;
  schema.fields = {{.name = "x", .kind = Kind::kNumber, .role = Role::kFeature}};
  for (const std::string& bytes : {whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 8),
                                   whole.substr(0, whole.size() - 1), whole.substr(0, 10), bad_sum, bad_length, flipped,
                                   cut_member, whole + "more", whole + std::string(512, '\0')}) {
    const std::string path = file(bytes);
    const auto is_told = AllOf(HasSubstr("rows.csv.gz"), HasSubstr("damaged or cut short"));
    EXPECT_THAT(message_of(Code::kData, [&] { load_dataset(spec_of(path, "y")); }), is_told);
    EXPECT_THAT(message_of(Code::kData, [&] { propose_file(path, "y"); }), is_told);
    EXPECT_THAT(message_of(Code::kData, [&] { RowStream(schema, path); }), is_told);
    EXPECT_THAT(message_of(Code::kData, [&] { RowStream(schema, folder_ / "*.csv.gz"); }), is_told);
    EXPECT_THAT(
        message_of(
            Code::kData,
            [&] {
              propose({.source = "sql: SELECT * FROM 'rows.csv.gz'", .label = "y", .base_directory = folder_.path()});
            }),
        is_told);
  }
}

TEST_F(GzipCheck, APlainFileUnderAFalseNameIsSaid) {
  EXPECT_THAT(message_of(Code::kData, [&] { rows_of(plain_csv(40)); }), HasSubstr("no gzip"));
  EXPECT_THAT(message_of(Code::kData, [&] { rows_of("x"); }), HasSubstr("no gzip"));
}

}  // namespace
}  // namespace rift::data
