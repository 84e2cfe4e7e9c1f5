#include "rift/data/query_files.h"

#include "data/records.h"

namespace rift::data {
namespace {

using test::message_of;
using test::plain_csv;
using test::spec_of;
using test::write_plainly;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(QueryFiles, LiteralsAreFoundBesideCommentsAndNames) {
  EXPECT_THAT(text_literals("SELECT \"it's\" -- 'no'\nFROM 'a.csv' /* 'no' */ JOIN read_csv(['it''s.csv','']) WHERE x"),
              ElementsAre("a.csv", "it's.csv", ""));
  EXPECT_THAT(text_literals("SELECT 'open"), ElementsAre("open"));
  EXPECT_THAT(text_literals("SELECT \"open /* '"), IsEmpty());
}

class InAnotherFolder : public ::testing::Test {
 protected:
  InAnotherFolder() : before_(std::filesystem::current_path()) {
    for (const char* name : {"project", "elsewhere"}) std::filesystem::create_directories(folder_ / name);
    std::filesystem::current_path(folder_ / "elsewhere");
    write_plainly(folder_ / "project" / "rows.csv", plain_csv(40));
    spec_ = spec_of({}, "y");
    spec_.base_directory = folder_ / "project";
    spec_.data.source = "sql: SELECT row_number() OVER () AS id, * FROM 'rows.csv' WHERE 'paid' <> 'late'";
    spec_.data.id = "id";
  }
  ~InAnotherFolder() override { std::filesystem::current_path(before_); }

  test::TempDirectory folder_;
  std::filesystem::path before_;
  LoadSpec spec_;
};

TEST_F(InAnotherFolder, AFileOfTheWorkingDirectoryIsNeverReadInItsPlace) {
  EXPECT_EQ(load_dataset(spec_).table.rows, 40);
  write_plainly("./paid", "a value of the query, no file of it");
  EXPECT_EQ(load_dataset(spec_).table.rows, 40);

  write_plainly("./rows.csv", plain_csv(60));
  const std::string message = message_of(Code::kConfig, [&] { load_dataset(spec_); });
  EXPECT_THAT(message, HasSubstr("'rows.csv' is also a file of the working directory"));
  EXPECT_THAT(message, HasSubstr((folder_ / "project" / "rows.csv").string()));
  spec_.data.source =
      fmt::format("sql: SELECT row_number() OVER () AS id, * FROM '{}'", (folder_ / "project/rows.csv").string());
  EXPECT_EQ(load_dataset(spec_).table.rows, 40);
}

TEST_F(InAnotherFolder, NorWhereTheQuerysFolderLacksIt) {
  std::filesystem::rename(folder_ / "project" / "rows.csv", "rows.csv");
  message_of(Code::kConfig, [&] { load_dataset(spec_); });
  std::filesystem::remove("rows.csv");
  message_of(Code::kArtefact, [&] { load_dataset(spec_); });
}

TEST_F(InAnotherFolder, TheSameFileByALinkIsFine) {
  std::filesystem::create_symlink(folder_ / "project" / "rows.csv", "rows.csv");
  EXPECT_EQ(load_dataset(spec_).table.rows, 40);
}

}  // namespace
}  // namespace rift::data
