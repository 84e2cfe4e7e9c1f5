#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "support/outside_data.h"

// Lending Club 2007-2011, judged out of time: trained on loans issued before July 2011, tested on those after.
// Reference figures (scikit-learn, LightGBM, the same rows): WOE scorecard .687, LightGBM .696, TF-IDF .598, LightGBM
// with TF-IDF .703, MiniLM fine-tuned .602.
namespace rift::test {
namespace {

namespace fs = std::filesystem;

Json compared(const fs::path& folder, const std::vector<std::string>& settings) {
  const fs::path loans = real_data("lending_club/loans_2007_2011.csv.gz");
  fs::create_symlink(loans, folder / loans.filename());
  fs::copy_file("examples/lending_club/run.yaml", folder / "run.yaml");
  std::vector<std::string> arguments = {"compare", (folder / "run.yaml").string(), "--out", (folder / "out").string(),
                                        "--quiet"};
  for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
  const ProgramRun run = run_program(arguments);
  EXPECT_EQ(run.status, 0) << run.err;
  std::printf("%s\n", run.out.c_str());
  return parse_json(read_file(folder / "out/compare.json"), "compare.json");
}

const Json& named(const Json& compare, std::string_view name) {
  for (const Json& model : compare.at("models").as_array()) {
    if (model.at("name").as_string() == name) return model;
  }
  throw std::runtime_error("no model of that name");
}

double auc(const Json& compare, std::string_view name) {
  return named(compare, name).at("metrics").at("test").at("auc").at("value").as_double();
}

double bad_rate(const Json& model, double approved) {
  for (const Json& point : model.at("approval").as_array()) {
    if (point.at("approved").as_double() == approved) return point.at("bad_rate").as_double();
  }
  throw std::runtime_error("no such share of approvals");
}

/// How much a is above b, at the lower end of the paired interval.
double least_gain(const Json& compare, std::string_view a, std::string_view b) {
  for (const Json& pair : compare.at("pairs").as_array()) {
    if (pair.at("a").as_string() == a && pair.at("b").as_string() == b) return pair.at("low").as_double();
    if (pair.at("a").as_string() == b && pair.at("b").as_string() == a) return -pair.at("high").as_double();
  }
  throw std::runtime_error("no such pair");
}

class LendingClub : public testing::Test {
 protected:
  void SetUp() override { RIFT_SKIP_WITHOUT(real_data("lending_club/loans_2007_2011.csv.gz")); }
  TempDirectory folder_;
};

TEST_F(LendingClub, TextsAddToTheApplicationFormOutOfTime) {
  const Json compare =
      compared(folder_.path(), {"compare.models=[scorecard, gbdt, text-baseline, fusion]", "compare.seeds=3"});
  EXPECT_GE(auc(compare, "scorecard"), 0.684);
  EXPECT_GE(auc(compare, "gbdt"), 0.692);
  EXPECT_GE(auc(compare, "text-baseline"), 0.594);
  EXPECT_GE(auc(compare, "fusion"), 0.701);
  EXPECT_GT(least_gain(compare, "fusion", "gbdt"), 0.0);
  EXPECT_EQ(compare.at("test").at("rows").as_int(), 12'493);
  const Json &gbdt = named(compare, "gbdt"), &fusion = named(compare, "fusion");
  EXPECT_LT(bad_rate(fusion, 0.5), bad_rate(gbdt, 0.5));
  EXPECT_LT(bad_rate(fusion, 0.7), bad_rate(gbdt, 0.7));
  EXPECT_NEAR(bad_rate(fusion, 0.9), bad_rate(gbdt, 0.9), 0.005);  // near everyone approved no order helps
}

// One pass over 27,000 rows; all five models with three seeds in one command take hours (examples/lending_club).
TEST_F(LendingClub, TheLanguageModelReadsTheTextsAsWellAsTheReference) {
  RIFT_SKIP_WITHOUT_MINILM();
  const Json compare = compared(folder_.path(), {"compare.models=[fine-tuned]", "compare.seeds=1"});
  EXPECT_GE(auc(compare, "fine-tuned"), 0.598);
}

}  // namespace
}  // namespace rift::test
