#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"

// rift models rank as a user runs it. The scores are compared with scikit-learn's and the papers' formulas in
// tests/metrics/transferability_test.cc and tests/classic/linear_probe_test.cc.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr int kRows = 90;

class RankedModels : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(folder_.folder("words"));
    folder_.write("broken/config.json", R"({"model_type": "t5"})");
    std::string csv = "key,note,outcome\n";
    for (int row = 0; row < kRows; ++row) {
      csv += "k" + std::to_string(row) + ",the loan word" + std::to_string(9 + row % 71) +
             (row % 3 == 0 ? " late,bad\n" : " paid,good\n");
    }
    folder_.write("rows.csv", csv);
  }
  ProgramRun rank(const std::vector<std::string>& models, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"models", "rank", path("rows.csv")};
    for (const std::string& model : models) words.push_back(model);
    words.insert(words.end(),
                 {"--label", "outcome", "--positive", "bad", "--id", "key", "--columns", "note", "--threads", "1"});
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  /// A decoder of another vocabulary, in its GGUF file.
  std::string decoder() const { return fs::absolute("tests/checkpoint/fixtures/gguf_models/smollm.gguf").string(); }
  TempDirectory folder_;
};

double value_of(const Json& model, const std::string& score) { return model.at(score).at("value").as_double(); }

TEST_F(RankedModels, AreATableForPeopleAndFiguresForPrograms) {
  const ProgramRun run = rank({path("words"), decoder()}, {"--json", "--out", path("rank.html")});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json said = parse_json(run.out, "stdout");
  EXPECT_EQ(said.at("task").as_string(), "binary");
  EXPECT_EQ(said.at("rows").as_int(), kRows);
  EXPECT_EQ(said.at("metric").as_string(), "auc");
  EXPECT_EQ(said.at("chance").as_double(), 0.5);
  ASSERT_EQ(said.at("models").size(), 2u);
  for (const Json& model : said.at("models").as_array()) {
    SCOPED_TRACE(model.at("name").as_string());
    EXPECT_GE(value_of(model, "probe"), 0.9) << "one word says the label";
    EXPECT_EQ(model.at("probe_folds").size(), 5u);
    EXPECT_LE(model.at("probe").at("low").as_double(), value_of(model, "probe"));
    EXPECT_GE(model.at("probe").at("high").as_double(), value_of(model, "probe"));
    EXPECT_LE(value_of(model, "shrunk_h_score"), value_of(model, "h_score") + 1e-9);
    EXPECT_LE(value_of(model, "h_score"), 1.0 + 1e-9) << "one direction tells two classes apart";
    EXPECT_GT(model.at("rows_per_second").as_double(), 0.0);
    EXPECT_GT(model.at("peak_memory_mib").as_double(), 0.0);
    EXPECT_EQ(model.at("width").as_int(), 32);
    EXPECT_EQ(model.at("tokens").at("rows").as_int(), kRows);
  }
  EXPECT_EQ(said.at("models").at(size_t{0}).at("name").as_string(), "words");
  EXPECT_EQ(said.at("models").at(size_t{1}).at("name").as_string(), "smollm.gguf");
  EXPECT_EQ(said.at("models").at(size_t{1}).at("language_loss").at("objective").as_string(), "next_token");
  const std::string take = said.at("take").as_string();
  EXPECT_THAT(said.at("recommendation").as_string(), HasSubstr(take));
  EXPECT_THAT(text_of(folder_ / "rank.html"), AllOf(HasSubstr("words"), HasSubstr("smollm.gguf")));

  const ProgramRun table = rank({path("words"), decoder()});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("90 labelled rows, 5 folds"), HasSubstr("words"), HasSubstr("smollm.gguf"),
                               HasSubstr("ake " + take)));
  const ProgramRun chinese = rank({path("words"), decoder()}, {"--lang", "zh"});
  EXPECT_EQ(chinese.status, 0) << chinese.err;
  EXPECT_THAT(chinese.out, AllOf(HasSubstr("words"), testing::Not(HasSubstr("labelled rows"))));
}

TEST_F(RankedModels, OneThatCannotBeJudgedIsSaidAndTheOthersAreRanked) {
  const ProgramRun run = rank({path("broken"), path("words"), path("nowhere")});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("broken could not be judged"), HasSubstr("nowhere could not be judged"),
                             HasSubstr("words is the only model")));
  const ProgramRun none = rank({path("broken"), path("nowhere")}, {"--json"});
  EXPECT_EQ(none.status, 4);
  EXPECT_THAT(none.err, HasSubstr("none of the models could be judged"));
  EXPECT_TRUE(parse_json(none.out, "stdout").at("take").is_null());
}

}  // namespace
}  // namespace rift::test
