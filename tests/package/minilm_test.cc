#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/package/inspect.h"
#include "support/outside_data.h"

namespace rift::package {
namespace {

TEST(MiniLmInspection, CountsItsParameters) {
  RIFT_SKIP_WITHOUT_MINILM();
  const ModelInspection found = inspect_model(test::kMiniLm, 1);
  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(found.parameters, 22'713'216);  // as its model card's library counts: 22.7 million
  EXPECT_EQ(found.tokenizer, "WordPiece (tokenizer.json)");
  EXPECT_EQ(found.licence_of_card, "apache-2.0");
  ASSERT_EQ(found.licences.size(), 1u);
  EXPECT_EQ(found.licences[0].file, "PACKAGE-LICENSE");
  EXPECT_THAT(found.licences[0].text, testing::StartsWith("MIT License"));
}

}  // namespace
}  // namespace rift::package
