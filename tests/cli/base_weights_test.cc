#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"

// model.text.base_weights: as_stored as a user runs it: a decoder of a GGUF file is tuned beside its blocks, packaged
// and scores as the same one does that was tuned in f32.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr int kRows = 60;

class BaseWeightsOfRuns : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string csv = "note,outcome\n";
    for (int row = 0; row < kRows; ++row) {
      const bool late = row % 3 == 0;
      csv += std::string(row % 2 == 0 ? "the loan of a year " : "a loan ") + std::to_string(row) +
             (late ? " was never paid,late\n" : " was paid in time,good\n");
    }
    folder_.write("rows.csv", csv);
  }
  void write_run(const fs::path& backbone) {
    folder_.write("run.yaml",
                  "data: {source: rows.csv, label: {column: outcome, positive: [late]}, columns: {note: text}}\n"
                  "split: {kind: stratified, test: 0.3, validation: 0, calibration: 0}\n"
                  "model: {text: {backbone: '" +
                      fs::absolute(backbone).string() +
                      "', columns: [note], max_tokens: 32, pooling: last}}\n"
                      "tuning: {method: lora, rank: 4}\n"
                      "optim: {name: adamw, lr: 2.0e-2, batch_rows: 8, epochs: 10}\n"
                      "train: {early_stopping: {patience: 0}}\n");
  }
  ProgramRun train(const std::string& weights, const std::vector<std::string>& settings = {}) {
    std::vector<std::string> words = {"train",     path("run.yaml"),
                                      "--out",     path(weights),
                                      "--threads", "1",
                                      "--set",     "model.text.base_weights=" + weights};
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
    return run_program(words);
  }
  /// The scores that a package gives the rows, in their order.
  std::vector<double> scores(const std::string& run) {
    const ProgramRun scored = run_program(
        {"score", path(run + "/package"), path("rows.csv"), "--out", path(run + ".jsonl"), "--threads", "1"});
    EXPECT_EQ(scored.status, 0) << scored.err;
    std::vector<double> values;
    std::istringstream lines(text_of(folder_ / (run + ".jsonl")));
    for (std::string line; std::getline(lines, line);) {
      values.push_back(parse_json(line, run).at("score").as_double());
    }
    return values;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  TempDirectory folder_;
};

INSTANTIATE_TEST_SUITE_P(Models, BaseWeightsOfRuns, testing::Values("smollm", "gpt2"));

TEST_P(BaseWeightsOfRuns, AsStoredTrainsPackagesAndScoresAsF32Does) {
  write_run(std::string("tests/checkpoint/fixtures/gguf_models/") + GetParam() + ".gguf");
  for (const char* weights : {"f32", "as_stored"}) {
    const ProgramRun run = train(weights);
    ASSERT_EQ(run.status, 0) << run.err;
  }
  const std::vector<double> f32 = scores("f32"), as_stored = scores("as_stored");
  ASSERT_EQ(f32.size(), size_t{kRows});
  ASSERT_EQ(as_stored.size(), size_t{kRows});
  double largest = 0.0;
  for (size_t row = 0; row < f32.size(); ++row) largest = std::max(largest, std::fabs(f32[row] - as_stored[row]));
  EXPECT_LT(largest, 1e-3);
  EXPECT_GT(std::ranges::max(f32) - std::ranges::min(f32), 0.1) << "the scores tell rows apart";
  // A package is f32 either way, of the same tensors.
  EXPECT_EQ(fs::file_size(folder_ / "as_stored/package/model.safetensors"),
            fs::file_size(folder_ / "f32/package/model.safetensors"));
}

TEST_P(BaseWeightsOfRuns, WhatCannotStayAsStoredIsRefusedByName) {
  write_run(std::string("tests/checkpoint/fixtures/gguf_models/") + GetParam() + ".gguf");
  const ProgramRun full = train("as_stored", {"tuning={method: full}"});
  EXPECT_EQ(full.status, 2);
  EXPECT_THAT(full.err, AllOf(HasSubstr("is kept as its file stores it and cannot train"), HasSubstr("lora"),
                              HasSubstr("set model.text.base_weights to f32")));
  write_tiny_model(folder_.folder("plain"));
  write_run(folder_ / "plain");
  const ProgramRun plain = train("as_stored");
  EXPECT_EQ(plain.status, 2);
  EXPECT_THAT(plain.err, AllOf(HasSubstr("model.text.base_weights: as_stored: "), HasSubstr("plain"),
                               HasSubstr("take a quantised GGUF file, or set it to f32")));
  EXPECT_FALSE(fs::exists(folder_ / "as_stored/package"));
}

}  // namespace
}  // namespace rift::test
