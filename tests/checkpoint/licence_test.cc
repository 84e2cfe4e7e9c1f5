#include "rift/checkpoint/licence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_directory.h"

namespace rift::checkpoint {
namespace {

using test::TempDirectory;
using testing::ElementsAre;

TEST(Licence, IsWhatTheCardNamesAndTheTextsBesideIt) {
  const TempDirectory directory;
  directory.write("m/README.md", "---\nlanguage: en\nlicense: \"apache-2.0\"\n---\n# Model\nlicense: not this\n");
  for (const char* file : {"m/LICENSE.txt", "m/NOTICE", "m/Licence-of-data.md", "m/config.json", "m/LICENSES/one"}) {
    directory.write(file, "words");
  }
  const Licence licence = find_licence(directory / "m");
  EXPECT_EQ(licence.name, "apache-2.0");
  EXPECT_THAT(licence.files,
              ElementsAre(directory / "m/LICENSE.txt", directory / "m/Licence-of-data.md", directory / "m/NOTICE"));
}

TEST(Licence, IsNotStatedWithoutCardAndTexts) {
  const TempDirectory directory;
  directory.write("m/config.json", "{}");
  const auto is_stated = [&](const char* folder) {
    const Licence licence = find_licence(directory / folder);
    return !licence.name.empty() || !licence.files.empty();
  };
  EXPECT_FALSE(is_stated("m"));
  directory.write("m/README.md", "# A model\nlicense: outside the front matter\n");
  EXPECT_FALSE(is_stated("m"));
  EXPECT_FALSE(is_stated("nowhere"));
  directory.write("m/NOTICE", "words");
  EXPECT_TRUE(is_stated("m"));
}

}  // namespace
}  // namespace rift::checkpoint
