#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"
#include "rift/base/json.h"

// rift compare as a modeller meets it: what the result says, and that a finished result stays what it was.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// The code point U+4E00 + n as UTF-8: a Chinese character.
std::string character(int n) {
  const int code = 0x4E00 + n;
  return {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
          static_cast<char>(0x80 | (code & 0x3F))};
}

class CompareProgram : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    write_plainly(folder_ / name, text);
    return path(name);
  }
  ProgramRun compare(const std::string& run_file, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"compare", run_file, "--out", path("run")};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }
  /// A number, and when asked a copy of the label that gives it away; every fourth row is bad.
  static std::string numbers(bool with_copy = false) {
    std::string text = with_copy ? "income,copy,bad\n" : "income,bad\n";
    for (int i = 0; i < 80; ++i) {
      const std::string bad = i % 4 == 0 ? "1" : "0";
      text += std::to_string(1000 + 37 * (i * 7 % 80)) + "," + (with_copy ? bad + "," : "") + bad + "\n";
    }
    return text;
  }
  std::string run_yaml(const std::string& columns) const {
    return write("run.yaml", "data: {source: rows.csv, label: bad, columns: " + columns +
                                 "}\ncompare: {models: [scorecard], tries: 1}\n");
  }
  Json json(const std::string& name) const { return parse_json(text_of(folder_ / name), name); }

  TempDirectory folder_;
};

TEST_F(CompareProgram, ChineseTextsWithoutSpacesAreReadByTheirCharacters) {
  std::string text = "reason,bad\n";
  for (int i = 0; i < 800; ++i) {
    const bool bad = i % 4 == 0;
    // Four characters of a small stock, one of them telling, then two that make the whole text a rare one.
    text += character(i * 7 % 11) + (bad ? character(20 + i % 2) : character(30 + i % 3)) + character(i * 5 % 13) +
            character(100 + i) + character(2000 + i) + (bad ? ",1\n" : ",0\n");
  }
  const std::string data = write("rows.csv", text);
  const ProgramRun init = run_program({"init", data, "--label", "bad", "--out", path("run.yaml")});
  ASSERT_EQ(init.status, 0) << init.err;
  const ProgramRun run = compare(path("run.yaml"), {"--set", "compare.models=[text-baseline]"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json tries = json("run/compare.json").at("models").at(size_t{0}).at("tries");
  int without_value = 0;
  for (const Json& one : tries.as_array()) without_value += one.at("value").is_null() ? 1 : 0;
  EXPECT_EQ(without_value, 1) << "words alone find nothing: " << to_json_text(tries);
  EXPECT_GT(tries.size(), 1u);
}

TEST_F(CompareProgram, TextsThatShareNothingAreSkippedWithTheReason) {
  std::string text = "income,reason,bad\n";
  for (int i = 0; i < 80; ++i)
    text += std::to_string(1000 + 37 * (i * 7 % 80)) + "," + character(i) + (i % 4 == 0 ? ",1\n" : ",0\n");
  write("rows.csv", text);
  const std::string run_file = run_yaml("{income: number, reason: text}");
  const ProgramRun both = compare(run_file, {"--set", "compare.models=[scorecard, text-baseline]"});
  ASSERT_EQ(both.status, 0) << both.err;
  EXPECT_THAT(both.out, HasSubstr("no word or character run"));
  EXPECT_EQ(json("run/compare.json").at("skipped").at(size_t{0}).at("name").as_string(), "text-baseline");
  const ProgramRun alone = compare(run_file, {"--set", "compare.models=[text-baseline]", "--overwrite"});
  EXPECT_EQ(alone.status, 2);
  EXPECT_THAT(alone.err, HasSubstr("no word or character run"));
}

TEST_F(CompareProgram, LeakageStandsWithTheResult) {
  write("rows.csv", numbers(/*with_copy=*/true));
  const ProgramRun run = compare(run_yaml("{income: number, copy: number}"), {"--quiet"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("Possible leakage: copy"));
  const Json leakage = json("run/compare.json").at("leakage");
  ASSERT_GE(leakage.size(), 1u);
  EXPECT_EQ(leakage.at(size_t{0}).at("column").as_string(), "copy");
  EXPECT_EQ(leakage.at(size_t{0}).at("kind").as_string(), "separates_label");
  write("rows.csv", numbers());
  const ProgramRun clean = compare(run_yaml("{income: number}"), {"--overwrite"});
  EXPECT_THAT(clean.out, Not(HasSubstr("leakage")));
  EXPECT_EQ(json("run/compare.json").at("leakage").size(), 0u);
}

TEST_F(CompareProgram, WhatWasDecidedIsToldInTheReportAndInItsRunYaml) {
  write("rows.csv", numbers());
  ASSERT_EQ(compare(run_yaml("{income: number}")).status, 0);
  const Json policy = json("run/report.json").at("policy");
  EXPECT_EQ(policy.at("approve_below_from").as_string(), "bad rate of the training rows");
  EXPECT_EQ(policy.at("approve_below"),
            json("run/models/scorecard/package/rift.json").at("policy").at("approve_below"));
  const std::string run_yaml = text_of(folder_ / "run/run.yaml");
  EXPECT_THAT(run_yaml, HasSubstr("approve_below: " + policy.at("approve_below").written()));
  EXPECT_THAT(run_yaml, HasSubstr("calibration: platt"));
  EXPECT_THAT(text_of(folder_ / "run/report.html"), HasSubstr("id=\"policy\""));
  const ProgramRun of_package =
      run_program({"report", path("run/models/scorecard/package"), "--out", path("package.html")});
  EXPECT_EQ(of_package.status, 0) << of_package.err;
  EXPECT_THAT(text_of(folder_ / "package.html"), HasSubstr("bad rate of the training rows"));
}

TEST_F(CompareProgram, FiguresThatWereEditedAreNotShown) {
  write("rows.csv", numbers());
  const std::string run_file = run_yaml("{income: number}");
  ASSERT_EQ(compare(run_file).status, 0);
  for (const char* name : {"compare.json", "report.json", "predictions.parquet"}) {
    const std::string whole = text_of(folder_ / "run" / name);
    std::string edited = whole;
    edited.insert(edited.size() - 1, " ");
    write_plainly(folder_ / "run" / name, edited);
    for (const ProgramRun& run :
         {compare(run_file, {"--resume"}), run_program({"report", path("run"), "--out", path("x.html")})}) {
      EXPECT_EQ(run.status, 4) << name << run.err;
      EXPECT_THAT(run.err, HasSubstr(std::string(name) + ": was changed"));
      EXPECT_THAT(run.err, HasSubstr("--overwrite"));
    }
    write_plainly(folder_ / "run" / name, whole);
  }
  EXPECT_EQ(compare(run_file, {"--resume"}).status, 0);
}

TEST_F(CompareProgram, ResultsWithoutAManifestAreNotFinished) {
  write("rows.csv", numbers());
  const std::string run_file = run_yaml("{income: number}");
  ASSERT_EQ(compare(run_file).status, 0);
  fs::remove(folder_ / "run/manifest.json");  // as after a kill between the two
  write_plainly(folder_ / "run/compare.json", "{}");
  ASSERT_EQ(compare(run_file, {"--resume"}).status, 0);
  EXPECT_TRUE(json("run/compare.json").contains("best"));
  EXPECT_TRUE(json("run/manifest.json").contains("results"));
}

TEST_F(CompareProgram, InspectingAModelThatCannotBeLoadedFails) {
  fs::create_directories(folder_ / "model");
  write("model/config.json",
        R"({"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 16, "vocab_size": 30, "max_position_embeddings": 16})");
  write("model/model.safetensors", std::string("\x40\0\0\0\0\0\0\0{\"cut", 13));
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--json"}}) {
    std::vector<std::string> words = {"models", "inspect", path("model")};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramRun run = run_program(words);
    EXPECT_EQ(run.status, 4) << run.err;
    EXPECT_THAT(run.out, HasSubstr("bert")) << "the rest is shown as well";
    EXPECT_THAT(run.err, HasSubstr("model.safetensors"));
  }
}

}  // namespace
}  // namespace rift::test
