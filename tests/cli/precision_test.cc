#include "rift/score/precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.h"
#include "package/small_dataset.h"
#include "rift/base/files.h"
#include "rift/package/format/manifest.h"

// --precision on packages of rift train: what stands in them, what scores do, what is refused.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using score::Precision;
using testing::AllOf;
using testing::HasSubstr;

constexpr int64_t kRows = 400;
constexpr int64_t kValidation = 80;
constexpr Precision kOthers[] = {Precision::kBf16, Precision::kInt8};

/// Two packages, made once: of a model as usual ("plain"), and of one that 8 bits cannot hold ("outliers").
class PrecisionOfPackages : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TempDirectory>();
    std::string text = "note,outcome\n";
    const data::Dataset dataset = small_dataset(kRows);
    const data::Texts& notes = dataset.table.at("note").texts();
    for (int64_t row = 0; row < kRows; ++row) {
      const bool late = dataset.label[static_cast<size_t>(row)] > 0;
      text += std::string(notes.get(row).value()) + (late ? ",late\n" : ",good\n");
    }
    folder_->write("rows.csv", text);
    folder_->write("run.yaml", R"(
data: {source: rows.csv, label: {column: outcome, positive: [late]}, columns: {note: text}}
split: {kind: random, test: 0.2, validation: 0.2, calibration: 0}
model: {text: {backbone: base, max_tokens: 12}}
optim: {lr: 5.0e-4, head_lr: 5.0e-3, batch_rows: 16, epochs: 2}
)");
    engine_backbone(*folder_);
    train("plain", {});
    plant_outliers(*folder_ / "base");
    train("outliers", {"--set", "tuning.method=head"});
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static void train(const std::string& name, std::vector<std::string> more) {
    more.insert(more.begin(), {"train", path("run.yaml"), "--out", path(name)});
    const ProgramRun run = run_program(more);
    ASSERT_EQ(run.status, 0) << run.err;
    fs::rename(path(name + "/package"), path(name + "-package"));
  }
  static std::string path(const std::string& name) { return (*folder_ / name).string(); }
  static std::string package(const std::string& name) { return path(name + "-package"); }
  static std::string flag(Precision precision) { return std::string(name_of(precision)); }

  static score::PrecisionChange recorded(const std::string& name, Precision precision) {
    const Json model = parse_json(text_of(package(name) + "/rift.json"), "rift.json").at("model");
    for (const auto& change : score::precision_changes_from_json(model.at("precisions"))) {
      if (change.precision == precision) return change;
    }
    throw std::runtime_error("not measured: " + flag(precision));
  }

  static ProgramRun score(const std::string& name, const std::string& precision) {
    fs::remove(path("scores.csv"));
    return run_program(
        {"score", package(name), path("rows.csv"), "--out", path("scores.csv"), "--precision", precision});
  }
  /// The column `score` of what score() wrote.
  static std::vector<double> scores() {
    std::vector<double> scores;
    std::stringstream lines(text_of(path("scores.csv")));
    std::string line;
    for (std::getline(lines, line); std::getline(lines, line);)
      scores.push_back(std::stod(line.substr(line.find(',') + 1)));
    return scores;
  }
  /// What rift embed says of the rows.
  static std::vector<std::vector<double>> vectors(const std::string& precision) {
    const ProgramRun run = run_program({"embed", package("plain"), path("rows.csv"), "--out", path("vectors.csv"),
                                        "--precision", precision, "--json"});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(parse_json(run.out, "stdout").at("precision").as_string(), precision);
    std::vector<std::vector<double>> vectors;
    std::stringstream lines(text_of(path("vectors.csv")));
    std::string line, cell;
    for (std::getline(lines, line); std::getline(lines, line);) {
      std::stringstream cells(line);
      std::getline(cells, cell, ',');  // the id
      vectors.emplace_back();
      while (std::getline(cells, cell, ',')) vectors.back().push_back(std::stod(cell));
    }
    return vectors;
  }
  static Json evaluate(const std::string& name, const std::string& precision) {
    const ProgramRun run =
        run_program({"evaluate", package(name), path("rows.csv"), "--precision", precision, "--json"});
    EXPECT_EQ(run.status, 0) << run.err;
    return parse_json(run.out, "stdout");
  }
  /// A copy of the package whose rift.json `edit` has changed, with digests that fit.
  template <class Edit>
  static void republish(const std::string& from, const std::string& name, Edit edit) {
    fs::copy(package(from), package(name), fs::copy_options::recursive);
    const fs::path file = fs::path(package(name)) / "rift.json";
    Json description = read_json(file);
    edit(description["model"]);
    write_plainly(file, to_json_text(description, 1) + "\n");
    package::write_manifest(package(name), package::pretrained_json_of(package(from)).value());
  }

  static inline std::unique_ptr<TempDirectory> folder_;
};

TEST_F(PrecisionOfPackages, WhatTheyChangeOnTheValidationRowsIsInThePackage) {
  for (const Precision precision : kOthers) {
    const score::PrecisionChange change = recorded("plain", precision);
    EXPECT_EQ(change.rows_from, "validation");
    EXPECT_EQ(change.rows, kValidation);
    EXPECT_EQ(change.metric, "auc");
    EXPECT_GT(change.largest, 0);
    EXPECT_EQ(score::beyond_bounds(change), "") << score::description(change);
  }
}

TEST_F(PrecisionOfPackages, ScoresMoveALittleAndStayWithinTheBounds) {
  ASSERT_EQ(score("plain", "f32").status, 0);
  const std::vector<double> f32 = scores();
  ASSERT_EQ(f32.size(), static_cast<size_t>(kRows));
  for (const Precision precision : kOthers) {
    const ProgramRun run = score("plain", flag(precision));
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(run.err, HasSubstr(score::description(recorded("plain", precision))));
    const std::vector<double> moved = scores();
    ASSERT_EQ(moved.size(), f32.size());
    double largest = 0, sum = 0;
    for (size_t i = 0; i < f32.size(); ++i) {
      largest = std::max(largest, std::fabs(moved[i] - f32[i]));
      sum += std::fabs(moved[i] - f32[i]);
    }
    EXPECT_GT(largest, 1e-5) << flag(precision);
    EXPECT_LE(largest, score::kPrecisionBounds.largest) << flag(precision);
    EXPECT_LE(sum / kRows, score::kPrecisionBounds.mean) << flag(precision);
  }
}

TEST_F(PrecisionOfPackages, EvaluateShowsTheFigureInBothAndTheChange) {
  const Json plain = evaluate("plain", "f32");
  EXPECT_FALSE(plain.contains("precision_change"));
  for (const Precision precision : kOthers) {
    const Json found = evaluate("plain", flag(precision));
    EXPECT_EQ(found.at("precision").as_string(), flag(precision));
    const Json& change = found.at("precision_change");
    EXPECT_EQ(change.at("rows").as_int(), kRows);
    EXPECT_EQ(change.at("measured_on").as_string(), "evaluated");
    EXPECT_EQ(change.at("f32"), plain.at("metrics").at("auc").at("value"));
    EXPECT_EQ(change.at("value"), found.at("metrics").at("auc").at("value"));
    EXPECT_GT(change.at("largest_change").as_double(), 0);
    EXPECT_TRUE(change.at("beyond_bounds").is_null());
  }
  const ProgramRun text = run_program({"evaluate", package("plain"), path("rows.csv"), "--precision", "int8"});
  EXPECT_THAT(text.out, AllOf(HasSubstr("Scoring in int8 instead of f32: scores move by"), HasSubstr("(400 rows), auc"),
                              HasSubstr("That is within the bounds")));
}

TEST_F(PrecisionOfPackages, VectorsOfEmbedMoveByAboutAHundredthOfTheirLength) {
  const std::vector<std::vector<double>> f32 = vectors("f32");
  ASSERT_EQ(f32.size(), static_cast<size_t>(kRows));
  for (const Precision precision : kOthers) {
    const std::vector<std::vector<double>> moved = vectors(flag(precision));
    ASSERT_EQ(moved.size(), f32.size());
    double largest = 0;
    for (size_t row = 0; row < f32.size(); ++row) {
      double distance = 0, length = 0;
      for (size_t i = 0; i < f32[row].size(); ++i) {
        distance += std::pow(moved[row].at(i) - f32[row][i], 2);
        length += std::pow(f32[row][i], 2);
      }
      largest = std::max(largest, std::sqrt(distance / length));
    }
    EXPECT_GT(largest, 1e-5) << flag(precision);
    EXPECT_LT(largest, 0.03) << flag(precision);
  }
}

TEST_F(PrecisionOfPackages, WhatMovesTheScoresTooFarIsRefusedWithItsFiguresAndCanBeEvaluated) {
  const score::PrecisionChange change = recorded("outliers", Precision::kInt8);
  const std::string beyond = score::beyond_bounds(change);
  ASSERT_NE(beyond, "") << score::description(change);
  const ProgramRun refused = score("outliers", "int8");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("--precision int8: refused, " + beyond + " (" + score::description(change) +
                                     "); leave --precision at f32"));
  EXPECT_FALSE(fs::exists(path("scores.csv")));
  EXPECT_EQ(score("outliers", "bf16").status, 0);
  EXPECT_FALSE(evaluate("outliers", "int8").at("precision_change").at("beyond_bounds").is_null());
  const ProgramRun text = run_program({"evaluate", package("outliers"), path("rows.csv"), "--precision", "int8"});
  EXPECT_THAT(text.out, HasSubstr("That is beyond the bounds: "));
}

TEST_F(PrecisionOfPackages, TheBoundsAreThoseOfTheProgramAndNotOfThePackage) {
  republish("plain", "edited", [](Json& model) {
    Json& change = model["precisions"].as_array().at(1);
    ASSERT_EQ(change.at("precision").as_string(), "int8");
    change["largest_change"] = 0.3;
    change["beyond_bounds"] = Json();
  });
  const ProgramRun refused = score("edited", "int8");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("one score moves by 0.3, more than 0.05"));
}

TEST_F(PrecisionOfPackages, OneThatNobodyMeasuredSaysHowToAndScoresInF32) {
  republish("plain", "unmeasured", [](Json& model) { ASSERT_TRUE(model.erase("precisions")); });
  for (const Precision precision : kOthers) {
    const ProgramRun refused = score("unmeasured", flag(precision));
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr("the package does not say what it does to the model's scores"),
                      HasSubstr("'rift evaluate PACKAGE DATA --precision " + flag(precision) + "' shows it"),
                      HasSubstr("train the model anew on a CPU"), HasSubstr("leave --precision at f32")));
    EXPECT_EQ(evaluate("unmeasured", flag(precision)).at("precision_change"),
              evaluate("plain", flag(precision)).at("precision_change"));
  }
  EXPECT_EQ(score("unmeasured", "f32").status, 0);
}

TEST_F(PrecisionOfPackages, AnUnknownOneIsAMistakeOfTheCommandLine) {
  const ProgramRun run = score("plain", "f16");
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("expected f32, bf16 or int8, got 'f16'"));
}

}  // namespace
}  // namespace rift::test
