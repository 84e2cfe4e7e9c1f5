#include "rift/checkpoint/format/byte_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <vector>

#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::checkpoint::format {
namespace {

using test::failure;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string read_text(const ByteSource& source, int64_t offset, size_t size) {
  std::string text(size, '\0');
  source.read(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

TEST(FileBytes, ReadsAtAnyOffset) {
  const TempDirectory directory;
  const FileBytes file(directory.write("a.bin", "0123456789"));
  EXPECT_EQ(file.size_bytes(), 10);
  EXPECT_EQ(read_text(file, 0, 10), "0123456789");
  EXPECT_EQ(read_text(file, 7, 3), "789");
  EXPECT_EQ(read_text(file, 10, 0), "");
}

TEST(FileBytes, ReadingBehindTheEndIsAnErrorNotASignal) {
  const TempDirectory directory;
  const FileBytes file(directory.write("a.bin", "0123456789"));
  EXPECT_THAT(failure([&] { read_text(file, 8, 3); }),
              AllOf(StartsWith("artefact"), HasSubstr("the file ends after 2")));
}

TEST(FileBytes, AFileThatIsCutWhileItIsOpenIsAnErrorNotASignal) {
  const TempDirectory directory;
  const auto path = directory.write("a.bin", std::string(100'000, 'x'));
  const FileBytes file(path);
  std::filesystem::resize_file(path, 10);
  EXPECT_THAT(failure([&] { read_text(file, 0, 100'000); }),
              AllOf(StartsWith("artefact"), HasSubstr("was it changed")));
}

TEST(FileBytes, MissingFilesAndDirectoriesAreRefusedByName) {
  const TempDirectory directory;
  EXPECT_THAT(failure([&] { FileBytes file(directory / "none.bin"); }),
              AllOf(StartsWith("artefact"), HasSubstr("none.bin")));
  EXPECT_THAT(failure([&] { FileBytes file(directory.path()); }),
              AllOf(StartsWith("artefact"), HasSubstr("regular file")));
  EXPECT_THAT(failure([&] { FileBytes file("/dev/zero"); }), AllOf(StartsWith("artefact"), HasSubstr("regular file")));
}

TEST(MemoryBytes, StaysInsideItsBytes) {
  const std::string text = "0123456789";
  const MemoryBytes bytes(std::as_bytes(std::span(text)), "memory");
  EXPECT_EQ(read_text(bytes, 7, 3), "789");
  for (const auto& [offset, size] : {std::pair<int64_t, size_t>{8, 3}, {-1, 1}, {11, 0}, {INT64_MAX, 1}}) {
    EXPECT_THAT(failure([&, at = offset, n = size] { read_text(bytes, at, n); }), StartsWith("artefact: memory"));
  }
}

TEST(FileBytes, APipeIsRefusedAtOnce) {
  const TempDirectory directory;
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(failure([&] { FileBytes bytes(directory / "pipe"); }),
              AllOf(StartsWith("artefact"), HasSubstr("expected a regular file")));
}

}  // namespace
}  // namespace rift::checkpoint::format
