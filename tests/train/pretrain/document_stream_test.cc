#include "rift/train/pretrain/document_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::train {
namespace {

using test::failure;
using test::TempDirectory;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Documents : public testing::Test {
 protected:
  std::vector<std::string> texts_of(const std::string& source) const {
    std::vector<std::string> texts;
    const auto documents = open_documents({.source = source, .columns = {}, .base_directory = folder_.path()});
    for (DocumentBatch batch; documents->next(batch);) {
      for (size_t i = 0; i < batch.texts.size(); ++i) {
        EXPECT_EQ(batch.numbers[i], static_cast<int64_t>(texts.size()));
        texts.push_back(batch.texts[i]);
      }
    }
    return texts;
  }
  TempDirectory folder_;
};

TEST_F(Documents, LinesOfSeveralFilesAreNumberedOnAndKeepNoMark) {
  folder_.write("a.txt", "\xEF\xBB\xBFone\r\ntwo");
  folder_.write("b.txt", "");
  folder_.write("c.txt", "\nthree\n");
  EXPECT_THAT(texts_of("*.txt"), ElementsAre("one", "two", "", "three"));
}

TEST_F(Documents, ALineThatIsNoTextIsNamed) {
  folder_.write("a.txt", "good\nb\xFF\n");
  EXPECT_THAT(failure([&] { texts_of("a.txt"); }), AllOf(HasSubstr("a.txt"), HasSubstr("line 2: not UTF-8")));
}

TEST_F(Documents, TheDigestTellsTextsApartWhateverTheirBorders) {
  const auto digest = [&](const std::string& text) {
    folder_.write("a.txt", text);
    return sha256_of_documents({.source = "a.txt", .columns = {}, .base_directory = folder_.path()});
  };
  // Each length as 8 bytes, little endian, then the text: what Python's hashlib says of it.
  EXPECT_EQ(digest("ab\nc\n"), "43ee655579de01ca739b3f95c1c2d3f46d353b2c0df818064ea594506cdb2617");
  EXPECT_NE(digest("a\nbc\n"), digest("ab\nc\n"));
}

}  // namespace
}  // namespace rift::train
