#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "cli/program.h"
#include "rift/base/json.h"

namespace rift {
namespace {

using test::ProgramRun;
using test::run_program;
using test::text_of;
using testing::HasSubstr;

constexpr const char* kRun = R"(
data: {source: texts.txt}
model: {text: {config: bert.json, max_tokens: 16}}
tokenizer: {train: {kind: bert, vocab_size: 60}}
pretrain: {held_out: 0.2}
optim: {name: adamw, lr: 1.0e-3, batch_rows: 8, epochs: 20}
train: {checkpoint_every_steps: 20, early_stopping: {patience: 0}}
)";
constexpr const char* kBert = R"({"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 1,
    "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 16})";

class PretrainProgram : public testing::Test {
 protected:
  PretrainProgram() {
    std::string texts;
    for (int i = 0; i < 60; ++i) texts += "a loan of " + std::to_string(i % 7) + " for the car of a customer\n";
    test::write_plainly(folder_ / "texts.txt", texts);
    test::write_plainly(folder_ / "bert.json", kBert);
    test::write_plainly(folder_ / "run.yaml", kRun);
  }
  std::vector<std::string> words(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"pretrain", (folder_ / "run.yaml").string(), "--out", (folder_ / out).string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProgramRun pretrain(const std::string& out, std::vector<std::string> more = {}) const {
    return run_program(words(out, std::move(more)));
  }
  test::TempDirectory folder_;
};

TEST_F(PretrainProgram, ARunIsFinishedOnceAndShownAgain) {
  const ProgramRun first = pretrain("run", {"--json", "--set", "optim.epochs=2"});
  ASSERT_EQ(first.status, 0) << first.err;
  const Json metrics = parse_json(first.out, "stdout");
  EXPECT_EQ(metrics.at("data").at("documents").as_int(), 60);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/model/model.safetensors"));
  const ProgramRun again = pretrain("run", {"--set", "optim.epochs=2"});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("a finished run lies there"));
  const ProgramRun shown = pretrain("run", {"--json", "--resume", "--set", "optim.epochs=2"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(shown.out, first.out);
  EXPECT_EQ(pretrain("run", {"--resume", "--set", "optim.epochs=1"}).status, 2);  // another run than that
  // The run.yaml that it wrote gives the same run again, from where it lies.
  const ProgramRun repeated = run_program(
      {"pretrain", (folder_ / "run/run.yaml").string(), "--out", (folder_ / "repeated").string(), "--json"});
  EXPECT_EQ(repeated.out, first.out) << repeated.err;
  EXPECT_EQ(text_of(folder_ / "repeated/model/model.safetensors"), text_of(folder_ / "run/model/model.safetensors"));
  const ProgramRun further =
      pretrain("further", {"--init-from", (folder_ / "run").string(), "--set", "optim.epochs=1", "--json"});
  ASSERT_EQ(further.status, 0) << further.err;
  EXPECT_EQ(parse_json(further.out, "stdout").at("start").at("loss"), metrics.at("best").at("figures").at("loss"));
}

TEST_F(PretrainProgram, StoppedByCtrlCItGoesOnToTheSameBytes) {
  const ProgramRun whole = pretrain("whole");
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("Model: "));
  const pid_t process = test::start_program(folder_.path(), words("stopped"));
  const auto log = folder_ / "stopped/log.jsonl";
  for (int i = 0; i < 2000 && !(std::filesystem::exists(log) && std::filesystem::file_size(log) > 2000); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(process, SIGINT);
  int status = 0;
  ASSERT_EQ(::waitpid(process, &status, 0), process);
  ASSERT_EQ(test::exit_status(status), 130) << text_of(folder_ / "stderr");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "stopped/model"));
  const ProgramRun resumed = pretrain("stopped", {"--resume"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("going on from a checkpoint"));
  for (const char* file : {"model/model.safetensors", "log.jsonl", "metrics.json"}) {
    EXPECT_EQ(text_of(folder_ / "stopped" / file), text_of(folder_ / "whole" / file)) << file;
  }
}

TEST_F(PretrainProgram, BadKeysAndFilesAreNamed) {
  const ProgramRun key = pretrain("bad", {"--set", "pretrain.mask_shares=0.2"});
  EXPECT_EQ(key.status, 2);
  EXPECT_THAT(key.err, HasSubstr("mask_share"));
  EXPECT_EQ(pretrain("bad", {"--set", "data.source=none.csv", "--set", "data.text=[a]"}).status, 4);
  EXPECT_EQ(pretrain("bad", {"--set", "pretrain.mask_share=1"}).status, 2);
}

}  // namespace
}  // namespace rift
