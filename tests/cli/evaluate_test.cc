#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "cli/program.h"

// rift evaluate: a label is judged only when the model knows what it means.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Evaluate : public testing::Test {
 protected:
  /// 60 rows, every fourth one bad; row 7 has the label `odd` when one is given.
  fs::path rows(const std::string& good, const std::string& bad, const std::string& odd = {}) const {
    std::string text = "income,bad\n";
    for (int i = 0; i < 60; ++i) {
      const std::string& label = i == 7 && !odd.empty() ? odd : i % 4 == 0 ? bad : good;
      text += std::to_string(1000 + 37 * (i * 7 % 60)) + "," + label + "\n";
    }
    const fs::path file = folder_ / (good + bad + odd + ".csv");
    write_plainly(file, text);
    return file;
  }

  void train(const fs::path& data, const std::string& positive) const {
    write_plainly(folder_ / "run.yaml", "data: {source: " + data.filename().string() +
                                            ", label: {column: bad, positive: [\"" + positive +
                                            "\"]}, columns: {income: number}}\ncompare: {models: [scorecard]}\n");
    const ProgramRun run =
        run_program({"compare", (folder_ / "run.yaml").string(), "--out", (folder_ / "run").string(), "--overwrite"});
    ASSERT_EQ(run.status, 0) << run.err;
  }

  ProgramRun evaluate(const fs::path& data) const {
    return run_program({"evaluate", (folder_ / "run/models/scorecard/package").string(), data.string()});
  }

  void expect_refused(const fs::path& data, const std::string& row) const {
    const ProgramRun run = evaluate(data);
    EXPECT_EQ(run.status, 3) << data << run.out;
    EXPECT_THAT(run.err, HasSubstr("'bad': row " + row + " has a label that the model was not trained on")) << data;
    EXPECT_THAT(run.err, HasSubstr("write the labels as in the training data")) << data;
  }

  TempDirectory folder_;
};

TEST_F(Evaluate, LabelsThatTheModelNeverSawAreRefused) {
  train(rows("0", "1"), "1");
  EXPECT_EQ(evaluate(rows("0", "1")).status, 0);
  expect_refused(rows("Good", "Bad"), "0");
  expect_refused(rows("0", "1", "2"), "7");
  train(rows("no", "yes"), "yes");
  EXPECT_EQ(evaluate(rows("no", "yes")).status, 0);
  expect_refused(rows("NO", "YES"), "0");
  EXPECT_THAT(evaluate(rows("no", "yes", "Zanzibar4711")).err, Not(HasSubstr("Zanzibar4711")));
}

TEST_F(Evaluate, AnUnseenLabelThatAPatternMatchesIsBad) {
  train(rows("Paid", "Charged Off"), "*Charged Off");
  EXPECT_EQ(evaluate(rows("Paid", "Old: Charged Off")).status, 0);
  expect_refused(rows("Paid", "Charged Off", "Old: Paid"), "7");
}

TEST_F(Evaluate, APrecisionIsNamedInTheResultAndRefusedWhereNoLanguageModelComputesInIt) {
  const fs::path data = rows("0", "1");
  train(data, "1");
  const std::string package = (folder_ / "run/models/scorecard/package").string();
  const std::string out = (folder_ / "scores.csv").string();
  const std::vector<std::vector<std::string>> verbs = {{"evaluate", package, data.string()},
                                                       {"score", package, data.string(), "--out", out}};
  for (std::vector<std::string> words : verbs) {
    words.insert(words.end(), {"--json", "--precision", "f32"});
    const ProgramRun plain = run_program(words);
    EXPECT_EQ(plain.status, 0) << plain.err;
    EXPECT_THAT(plain.out, HasSubstr("\"precision\": \"f32\""));
    fs::remove(out);
    words.back() = "int8";
    const ProgramRun refused = run_program(words);
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr("--precision int8: only fine-tuned language models compute in it, and scorecard "
                                       "has none; leave it at f32"));
    EXPECT_FALSE(fs::exists(out));
    words.back() = "fp4";
    const ProgramRun unknown = run_program(words);
    EXPECT_EQ(unknown.status, 2);
    EXPECT_THAT(unknown.err, HasSubstr("expected f32, bf16 or int8, got 'fp4'"));
  }
}

}  // namespace
}  // namespace rift::test
