#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/variant_encodings.h"
#include "support/client.h"
#include "support/outside_data.h"
#include "support/temp_directory.h"

// The `tokenizers` and transformers libraries on every text of the test data and on texts made to be hard.
namespace rift::encode::text {
namespace {

using test::expect_all_equal;

TEST(TokenizerClient, EqualsTheLibrariesIdForIdAndByteForByte) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT_MINILM();
  RIFT_SKIP_WITHOUT(test::real_data("."));
  const test::TempDirectory out;
  const auto run =
      test::run_client("tests/encode/clients/tokenizer_variants.py", {out / "v", test::kMiniLm, test::test_data()});
  ASSERT_EQ(run.status, 0) << run.output;
  ASSERT_THAT(run.output, testing::HasSubstr("all written"));
  std::cout << run.output;
  EXPECT_EQ(expect_all_equal(out / "v", 20'000), 14);
}

TEST(TokenizerClient, PartsOfWellKnownTokenizersEqualTheLibrarys) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT(test::real_data("."));
  const test::TempDirectory out;
  const auto run = test::run_client("tests/encode/clients/pipeline_variants.py", {out / "v", test::test_data()});
  ASSERT_EQ(run.status, 0) << run.output;
  ASSERT_THAT(run.output, testing::HasSubstr("all written"));
  std::cout << run.output;
  EXPECT_EQ(expect_all_equal(out / "v", 4000), 25);
}

TEST(TokenizerClient, SentencePieceModelsBecomeWhatTransformersMakesOfThem) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT(test::real_data("."));
  const test::TempDirectory out;
  const auto run = test::run_client("tests/encode/clients/sentencepiece_variants.py", {out / "v", test::test_data()});
  ASSERT_EQ(run.status, 0) << run.output;
  ASSERT_THAT(run.output, testing::HasSubstr("all written"));
  std::cout << run.output;
  EXPECT_EQ(expect_all_equal(out / "v", 4000), 5);
}

TEST(TokenizerClient, FilesBesideTokenizerJsonChangeItAsTransformersDoes) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT(test::real_data("."));
  const test::TempDirectory out;
  const auto run = test::run_client("tests/encode/clients/config_variants.py", {out / "v", test::test_data()});
  ASSERT_EQ(run.status, 0) << run.output;
  ASSERT_THAT(run.output, testing::HasSubstr("all written"));
  std::cout << run.output;
  EXPECT_EQ(expect_all_equal(out / "v", 3000), 34);
}

}  // namespace
}  // namespace rift::encode::text
