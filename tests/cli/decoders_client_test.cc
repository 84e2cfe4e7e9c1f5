#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/program.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "support/client.h"
#include "support/outside_data.h"

// Decoders from a directory of transformers through the program and back to transformers, on Financial PhraseBank.
namespace rift::test {
namespace {

namespace fs = std::filesystem;

constexpr int kRowsOfKind = 80;

/// The first sentences of each kind as a table; those that are no ASCII are left out.
std::string table_of(const std::string& lines) {
  std::string table = "sentence\tsentiment\n";
  std::map<std::string, int> rows;
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    std::string line = lines.substr(begin, end - begin);
    begin = end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const bool plain = std::ranges::all_of(line, [](char c) { return c >= ' ' && c < 0x7F && c != '"'; });
    const size_t at = line.rfind('@');
    if (!plain || at == std::string::npos || ++rows[line.substr(at + 1)] > kRowsOfKind) continue;
    line[at] = '\t';
    table += line + "\n";
  }
  return table;
}

class DecodersClient : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_CLIENTS();
    const fs::path sentences = real_data("financial_phrasebank/Sentences_AllAgree.txt");
    RIFT_SKIP_WITHOUT(sentences);
    write_plainly(table(), table_of(read_file(sentences)));
    const auto made =
        run_client("tests/cli/clients/make_decoder.py", {folder_ / "model", GetParam(), table().string()});
    ASSERT_EQ(made.status, 0) << made.output;
    folder_.write("run.yaml",
                  "task: multiclass\n"
                  "data: {source: table.tsv, label: sentiment, columns: {sentence: text}}\n"
                  "split: {kind: stratified, test: 0.2, validation: 0.2, calibration: 0}\n"
                  "model: {text: {backbone: model, columns: [sentence], max_tokens: 64}}\n"
                  "optim: {name: adamw, lr: 1.0e-3, batch_rows: 16, epochs: 1}\n");
  }
  fs::path table() const { return folder_ / "table.tsv"; }

  ProgramRun train(const std::vector<std::string>& settings) {
    std::vector<std::string> arguments = {"train",       (folder_ / "run.yaml").string(),
                                          "--out",       (folder_ / "run").string(),
                                          "--overwrite", "--quiet",
                                          "--threads",   "1"};
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return run_program(arguments);
  }
  void expect_ok(const std::vector<std::string>& arguments) {
    const ProgramRun run = run_program(arguments);
    ASSERT_EQ(run.status, 0) << run.err;
  }

  TempDirectory folder_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, DecodersClient, testing::Values("gpt2", "llama"));

TEST_P(DecodersClient, TrainScoreExportAndTransformersGivesTheSameScores) {
  for (const char* tuning : {"tuning={method: full}", "tuning={method: lora}"}) {
    SCOPED_TRACE(tuning);
    const ProgramRun run = train({tuning});
    ASSERT_EQ(run.status, 0) << run.err;
    const std::string package = (folder_ / "run/package").string(), scores = (folder_ / "scores.csv").string();
    EXPECT_THAT(read_file(folder_ / "run/run.yaml"), testing::HasSubstr("pooling: last"));
    expect_ok({"score", package, table().string(), "--out", scores, "--quiet"});
    const std::string exported = (folder_ / (std::string("hf") + tuning[16])).string();
    expect_ok({"export", package, "--format", "hf", "--out", exported, "--quiet"});
    const auto client = run_client("tests/cli/clients/score_decoder.py", {exported, table().string(), scores});
    EXPECT_EQ(client.status, 0) << client.output;
    EXPECT_THAT(client.output, testing::HasSubstr("all checks hold"));
  }
}

/// The Llama does not tie its language head, which its package keeps.
TEST_P(DecodersClient, TransformersLoadsTheGgufOfAPackageWithEqualStatesAndTheLanguageHead) {
  const ProgramRun run = train({"tuning={method: lora}"});
  ASSERT_EQ(run.status, 0) << run.err;
  const std::string package = (folder_ / "run/package").string(), hf = (folder_ / "hf").string();
  expect_ok({"export", package, "--format", "hf", "--out", hf, "--quiet"});
  EXPECT_EQ(fs::exists(package + "/language_head.safetensors"), GetParam() == std::string("llama"));
  EXPECT_FALSE(fs::exists(hf + "/language_head.safetensors"));
  expect_ok({"export", package, "--format", "gguf", "--dtype", "f32", "--out", (folder_ / "out.gguf").string()});
  const auto client =
      run_client("tests/cli/clients/decoder_gguf.py", {folder_ / "model", hf, folder_ / "out.gguf", table().string()});
  EXPECT_EQ(client.status, 0) << client.output;
  EXPECT_THAT(client.output, testing::HasSubstr("all checks hold"));
  // A package that was made from a package still has it.
  folder_.write("again.yaml", text_of(folder_ / "run.yaml"));
  const ProgramRun again =
      run_program({"train", (folder_ / "again.yaml").string(), "--out", (folder_ / "again").string(), "--quiet",
                   "--threads", "1", "--set", "model.text.backbone=run/package"});
  ASSERT_EQ(again.status, 0) << again.err;
  expect_ok({"export", (folder_ / "again/package").string(), "--format", "gguf", "--dtype", "f32", "--out",
             (folder_ / "again.gguf").string()});
  EXPECT_EQ(fs::file_size(folder_ / "again.gguf"), fs::file_size(folder_ / "out.gguf"));
}

class LlamaCppClient : public DecodersClient {};

INSTANTIATE_TEST_SUITE_P(Kinds, LlamaCppClient,
                         testing::Values("gpt2", "llama", "llama_pieces", "mistral", "qwen2", "qwen3", "gemma3"));

TEST_P(LlamaCppClient, ReadsTheGgufOfAPackageWithItsTokensAndItsStates) {
  const ProgramRun run = train({"tuning={method: lora}"});
  ASSERT_EQ(run.status, 0) << run.err;
  const std::string package = (folder_ / "run/package").string(), hf = (folder_ / "hf").string();
  expect_ok({"export", package, "--format", "hf", "--out", hf, "--quiet"});
  const bool has_gelu = GetParam() == std::string("gpt2") || GetParam() == std::string("gemma3");
  // llama.cpp looks GELU up in a table of f16; a block of q8_0 keeps 8 bits of a weight.
  std::vector<std::pair<std::string, double>> types = {{"f32", has_gelu ? 3e-3 : 1e-5}};
  if (GetParam() == std::string("llama")) types.insert(types.end(), {{"f16", 5e-3}, {"q8_0", 5e-2}});
  for (const auto& [dtype, tolerance] : types) {
    SCOPED_TRACE(dtype);
    const std::string file = (folder_ / (dtype + ".gguf")).string();
    expect_ok({"export", package, "--format", "gguf", "--dtype", dtype, "--out", file});
    const auto client =
        run_client("tests/cli/clients/decoder_llama_cpp.py", {hf, file, table().string(), std::to_string(tolerance)});
    EXPECT_EQ(client.status, 0) << client.output;
    EXPECT_THAT(client.output, testing::HasSubstr("all checks hold"));
  }
}

TEST_P(DecodersClient, LabelTokensGiveTheHeadThatTheLanguageModelHas) {
  const ProgramRun run =
      train({"model.text.head={kind: label_tokens, tokens: {negative: d, neutral: e, positive: s}}"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(parse_json(read_file(folder_ / "run/metrics.json"), "metrics.json").at("test").at("rows").as_int(), 48);
  const ProgramRun two =
      train({"model.text.head={kind: label_tokens, tokens: {negative: d, neutral: zq, positive: s}}"});
  EXPECT_EQ(two.status, 2);
  EXPECT_THAT(two.err, testing::HasSubstr("'zq' is 2 tokens of this model"));
  const ProgramRun missing = train({"model.text.head={kind: label_tokens, tokens: {negative: d}}"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, testing::HasSubstr("there is none for the class"));
}

TEST_P(DecodersClient, ReadingsThatADecoderHasNotAreRefused) {
  for (const char* pooling : {"cls", "pooler"}) {
    const ProgramRun run = train({std::string("model.text.pooling=") + pooling});
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, testing::HasSubstr("last or mean"));
  }
}

}  // namespace
}  // namespace rift::test
