#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>

#include "cli/program.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "support/client.h"
#include "support/phrasebank.h"

// The packaged MiniLM tuned on PhraseBank by the program, exported and scored by onnxruntime beside `rift score`.
namespace rift::test {
namespace {

constexpr int kRows = 200;

/// The first sentences of Financial PhraseBank, which come in no order of their sentiment.
std::string head_of(const std::string& table, int rows) {
  size_t end = 0;
  for (int line = 0; line <= rows; ++line) end = table.find('\n', end) + 1;
  return table.substr(0, end);
}

/// Columns of `rift score`'s JSON lines by the outputs of the ONNX file.
Json expected(const std::string& lines) {
  Json json{{"score", Json::array()}, {"p", Json::array()}};
  std::stringstream stream(lines);
  for (std::string line; std::getline(stream, line);) {
    Json score = Json::array(), p = Json::array();
    const Json row = parse_json(line, "scores.jsonl");
    for (const auto& [name, value] : row.as_object()) {
      if (name.starts_with("score_")) score.push_back(value);
      if (name.starts_with("p_")) p.push_back(value);
    }
    json["score"].push_back(std::move(score));
    json["p"].push_back(std::move(p));
  }
  return json;
}

Json sentences_of(const std::string& table) {
  Json texts = Json::array();
  std::stringstream stream(table);
  std::string line;
  for (std::getline(stream, line); std::getline(stream, line);) {
    std::string sentence = line.substr(0, line.find('\t'));
    sentence.erase(sentence.find_last_not_of(' ') + 1);
    texts.push_back(std::move(sentence));
  }
  return texts;
}

TEST(ExportedMiniLm, GivesTheScoresOfRiftScoreInOnnxruntime) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT_MINILM();
  RIFT_SKIP_WITHOUT(phrasebank_file());
  const TempDirectory folder;
  const std::string table = head_of(tab_separated(utf8_of_latin1(read_file(phrasebank_file()))), kRows);
  write_plainly(folder / "sentences.tsv", table);
  std::filesystem::copy_file("examples/phrasebank/run.yaml", folder / "run.yaml");
  const auto path = [&](const char* name) { return (folder / name).string(); };
  const auto succeed = [](const std::vector<std::string>& arguments) {
    const ProgramRun run = run_program(arguments);
    ASSERT_EQ(run.status, 0) << run.err;
  };
  ASSERT_NO_FATAL_FAILURE(succeed({"train", path("run.yaml"), "--out", path("run"), "--set", "split.calibration=0.2",
                                   "--set", "optim.epochs=1", "--set", "model.text.max_tokens=40", "--quiet"}));
  ASSERT_NO_FATAL_FAILURE(
      succeed({"score", path("run/package"), path("sentences.tsv"), "--out", path("scores.jsonl"), "--quiet"}));
  ASSERT_NO_FATAL_FAILURE(succeed({"export", path("run/package"), "--format", "onnx", "--out", path("onnx")}));
  folder.write("rows.json", to_json_text(Json{{"texts", sentences_of(table)},
                                              {"expected", expected(text_of(folder / "scores.jsonl"))}}));
  const auto run = run_client("tests/train/clients/onnx_scores.py", {folder.path()});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
  std::printf("%s", run.output.c_str());
}

}  // namespace
}  // namespace rift::test
