#include "rift/train/pretrain/token_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "encode/tokenizer_support.h"
#include "rift/base/threads.h"
#include "rift/data/split.h"
#include "rift/train/pretrain/token_store.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TokenCache : public testing::Test {
 protected:
  TokenCache() : tokenizer_(test::tokenizer_of(test::small_tokenizer_json())) {
    rule_.special = {.before = {tokenizer_->id("[CLS]")}, .after = {tokenizer_->id("[SEP]")}};
    rule_.max_tokens = 8;
  }
  TokenCacheCounts write(const DocumentSource& source, double held_out = 0.25) const {
    return write_token_cache(
        folder_.path(),
        {.source = source, .tokenizer = *tokenizer_, .rule = rule_, .held_out = held_out, .split_seed = 5});
  }
  DocumentSource named(const std::string& source, std::vector<std::string> columns = {}) const {
    return {.source = source, .columns = std::move(columns), .base_directory = folder_.path()};
  }
  test::TempDirectory folder_;
  std::unique_ptr<encode::text::Tokenizer> tokenizer_;
  CutRule rule_;
};

std::string lines(int64_t count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += i % 10 == 3 ? "  \n" : "a loan of " + std::to_string(i) + " for a car\n";
  return text;
}

TEST_F(TokenCache, EveryDocumentIsInThePartThatTheSplitRuleGivesIt) {
  test::write_plainly(folder_ / "texts.txt", lines(400));
  const TokenCacheCounts counts = write(named("texts.txt"));
  EXPECT_EQ(counts.documents, 360);
  EXPECT_EQ(counts.blank, 40);
  const TokenStore train(folder_.path(), kTrainRows), held_out(folder_.path(), kHeldOutRows);
  EXPECT_EQ(train.rows(), counts.train_rows);
  EXPECT_EQ(held_out.rows(), counts.held_out_rows);
  EXPECT_NEAR(static_cast<double>(counts.held_out_documents), 90.0, 35.0);
  const auto holds_out = [](int64_t document) {
    return data::split_key(static_cast<uint64_t>(document), 5) < uint64_t{1} << 62;  // a quarter
  };
  for (int64_t row = 0; row < train.rows(); ++row) EXPECT_FALSE(holds_out(train.origin(row).document));
  for (int64_t row = 0; row < held_out.rows(); ++row) EXPECT_TRUE(holds_out(held_out.origin(row).document));
}

TEST_F(TokenCache, RowsAreTheTextsTokensInOrder) {
  test::write_plainly(folder_ / "texts.txt", "a loan for a car and a house and a car\r\na car");
  const TokenCacheCounts counts = write(named("texts.txt"), 0.0);
  const TokenStore train(folder_.path(), kTrainRows);
  std::vector<int32_t> ids, whole;
  for (int64_t row = 0; row < train.rows() - 1; ++row) {
    train.read(row, ids);
    EXPECT_LE(ids.size(), 8u);
    EXPECT_EQ(ids.front(), rule_.special.before.front());
    EXPECT_EQ(ids.back(), rule_.special.after.front());
    whole.insert(whole.end(), ids.begin() + 1, ids.end() - 1);
    EXPECT_EQ(train.origin(row).document, 0);
  }
  EXPECT_EQ(whole, test::encoded(*tokenizer_, "a loan for a car and a house and a car",
                                 {.max_tokens = 0, .add_special = false})
                       .ids);
  EXPECT_EQ(train.origin(train.rows() - 1).document, 1);
  EXPECT_EQ(counts.held_out_rows, 0);
}

TEST_F(TokenCache, TablesQueriesGlobsAndLinesOfTheSameTextsGiveTheSameRows) {
  std::string csv = "id,desc\n", jsonl, txt;
  for (int i = 0; i < 50; ++i) {
    const std::string text = "a loan of " + std::to_string(i * 7) + " for a car";
    csv += std::to_string(i) + ",\"" + text + "\"\n";
    jsonl += R"({"id": )" + std::to_string(i) + R"(, "desc": ")" + text + "\"}\n";
    txt += text + "\n";
  }
  test::write_plainly(folder_ / "t.csv", csv);
  test::write_plainly(folder_ / "t.jsonl", jsonl);
  test::write_plainly(folder_ / "t.txt", txt);
  test::write_plainly(folder_ / "part-1.txt",
                      txt.substr(0, txt.size() / 2 + txt.substr(txt.size() / 2).find('\n') + 1));
  test::write_plainly(folder_ / "part-2.txt", txt.substr(txt.size() / 2 + txt.substr(txt.size() / 2).find('\n') + 1));
  const std::string digest = write(named("t.txt")).digest;
  EXPECT_EQ(write(named("t.csv", {"desc"})).digest, digest);
  EXPECT_EQ(write(named("t.jsonl", {"desc"})).digest, digest);
  EXPECT_EQ(write(named("part-?.txt")).digest, digest);
  const std::string query = "sql: SELECT \"desc\" AS words FROM '" + (folder_ / "t.csv").string() + "'";
  EXPECT_EQ(write(named(query, {"words"})).digest, digest);
  set_threads(1);
  EXPECT_EQ(write(named("t.txt")).digest, digest);
  set_threads(0);
}

TEST_F(TokenCache, ErrorsNameWhatIsMissing) {
  const auto error = [&](Code code, const DocumentSource& source, double held_out = 0.25) {
    return test::message_of(code, [&] { write(source, held_out); });
  };
  test::write_plainly(folder_ / "t.csv", "id,desc\n1,a car\n2,a house\n");
  test::write_plainly(folder_ / "blank.txt", "\n \n\n");
  test::write_plainly(folder_ / "one.txt", "a car\n");
  EXPECT_THAT(error(Code::kConfig, named("t.csv")), HasSubstr("data.text is missing"));
  EXPECT_THAT(error(Code::kConfig, named("one.txt", {"desc"})), HasSubstr("data.text: "));
  EXPECT_THAT(error(Code::kConfig, named("t.csv", {"desk"})), AllOf(HasSubstr("'desk'"), HasSubstr("desc")));
  EXPECT_THAT(error(Code::kData, named("blank.txt")), HasSubstr("no document with a text (3 blank ones)"));
  EXPECT_THAT(error(Code::kData, named("one.txt"), 1e-9), HasSubstr("pretrain.held_out"));
  EXPECT_THAT(error(Code::kData, named("one.txt"), 1 - 1e-9), HasSubstr("lower pretrain.held_out"));
  EXPECT_THAT(test::failure([&] { write(named("none.csv", {"desc"})); }), testing::StartsWith("artefact"));
}

/// "VmHWM: 123 kB" of this process, in MiB.
int64_t largest_memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) / 1024;
  }
  return -1;
}

TEST_F(TokenCache, MemoryDoesNotGrowWithTheSource) {
  constexpr int64_t kMib = 64;
  {
    std::ofstream text(folder_ / "large.txt");
    const std::string block = lines(10'000);
    for (int64_t written = 0; written < kMib << 20; written += static_cast<int64_t>(block.size())) text << block;
  }
  test::write_plainly(folder_ / "small.txt", lines(20'000));
  write(named("small.txt"));                      // what any source needs
  std::ofstream("/proc/self/clear_refs") << "5";  // the largest memory so far is forgotten
  const int64_t before = largest_memory_mib();
  const TokenCacheCounts counts = write(named("large.txt"));
  EXPECT_GT(counts.train_tokens * 4, (kMib / 2) << 20);
  const TokenStore train(folder_.path(), kTrainRows);
  std::vector<int32_t> ids;
  for (int64_t row = 0; row < train.rows(); row += 101) train.read(row, ids);
  EXPECT_LT(largest_memory_mib() - before, 24);
}

}  // namespace
}  // namespace rift::train
