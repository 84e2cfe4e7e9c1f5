#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/program.h"
#include "support/client.h"
#include "support/outside_data.h"

// Encoders of each architecture with a tokenizer of its kind: trained, scored and exported by the program, then scored
// by transformers and peft (clients/encoders.py).
namespace rift::test {
namespace {

constexpr const char* kScript = "tests/cli/clients/encoders.py";

/// The models and the table, made once for all tests.
const TempDirectory& made() {
  static const TempDirectory folder;
  static const ClientRun run = run_client(kScript, {"make", folder.path(), test_data()});
  EXPECT_EQ(run.status, 0) << run.output;
  return folder;
}

/// Trains, scores and exports OUT/<encoder> into OUT/<name>; what the program said where it failed.
std::string run_all(const std::string& encoder, const std::string& pooling, const std::string& name) {
  const std::filesystem::path& out = made().path();
  const std::string data = (out / "sentences.tsv").string(), yaml = (out / (name + ".yaml")).string();
  const std::string package = (out / name / "train/package").string();
  const bool lora = name.ends_with(".lora");
  write_plainly(yaml, "task: multiclass\ndata: {source: '" + data +
                          "', label: sentiment, columns: {sentence: text}}\n"
                          "split: {kind: random, validation: 0.2, test: 0.2, calibration: 0}\n"
                          "model: {text: {backbone: '" +
                          (out / encoder).string() + "', columns: [sentence], max_tokens: 48, pooling: " + pooling +
                          "}}\n"
                          "tuning: " +
                          (lora ? "{method: lora, rank: 4}" : "{method: full}") +
                          "\n"
                          "optim: {lr: 5.0e-3, epochs: 2, batch_rows: 16}\n"
                          "train: {precision: f32}\n");
  const auto to = [&](const char* part) { return (out / name / part).string(); };
  std::vector<std::vector<std::string>> steps = {{"train", yaml, "--out", to("train"), "--threads", "1"},
                                                 {"score", package, data, "--out", to("scores.csv")},
                                                 {"export", package, "--format", "hf", "--out", to("hf")}};
  if (lora) steps.push_back({"export", package, "--format", "peft", "--out", to("peft")});
  for (auto& step : steps) {
    step.emplace_back("--quiet");
    const ProgramRun run = run_program(step);
    if (run.status != 0) return step.front() + ": " + run.err;
  }
  return "";
}

class EncodersEndToEnd : public testing::TestWithParam<const char*> {};

TEST_P(EncodersEndToEnd, TransformersAndPeftGiveTheProgramsScores) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT(real_data("financial_phrasebank"));
  const std::string encoder = GetParam();
  std::vector<std::filesystem::path> arguments = {"check", made().path()};
  for (const auto& [pooling, rest] :
       {std::pair{"pooler", ""}, std::pair{"pooler", ".lora"}, std::pair{"mean", ".lora"}}) {
    const std::string name = encoder + "." + pooling + rest;
    ASSERT_EQ(run_all(encoder, pooling, name), "") << name;
    arguments.emplace_back(name);
  }
  const ClientRun check = run_client(kScript, arguments);
  std::cout << check.output;
  EXPECT_EQ(check.status, 0);
  EXPECT_THAT(check.output, testing::HasSubstr("all checks hold"));
}

INSTANTIATE_TEST_SUITE_P(Tiny, EncodersEndToEnd,
                         testing::Values("roberta", "xlm_roberta", "distilbert", "electra", "modernbert"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace rift::test
