#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/variant_encodings.h"
#include "support/client.h"
#include "support/outside_data.h"
#include "support/temp_directory.h"

// The `tokenizers` library on every text of the test data by every kind of tokenizer; some minutes.
namespace rift::encode::text {
namespace {

TEST(TokenizerOnEveryText, EqualsTheLibraryIdForIdAndByteForByte) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT(test::real_data("."));
  const test::TempDirectory out;
  const auto run =
      test::run_client("tests/encode/clients/pipeline_variants.py", {out / "v", test::test_data(), "every_text"});
  ASSERT_EQ(run.status, 0) << run.output;
  ASSERT_THAT(run.output, testing::HasSubstr("all written"));
  std::cout << run.output;
  EXPECT_EQ(test::expect_all_equal(out / "v", 100'000), 8);
}

}  // namespace
}  // namespace rift::encode::text
