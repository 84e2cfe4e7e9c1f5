#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

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
  /// Arguments of a pretraining that goes on from the model in `start`.
  std::vector<std::string> from(const std::string& start, std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--init-from", (folder_ / start).string(), "--set", "model.text.config=null", "--set",
                             "tokenizer={}"});
    return more;
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
  const ProgramRun further = pretrain("further", from("run", {"--set", "optim.epochs=1", "--json"}));
  ASSERT_EQ(further.status, 0) << further.err;
  EXPECT_EQ(parse_json(further.out, "stdout").at("start").at("loss"), metrics.at("best").at("figures").at("loss"));
}

TEST_F(PretrainProgram, StoppedByCtrlCItGoesOnToTheSameBytes) {
  const std::vector<std::string> long_enough = {"--set", "optim.epochs=100"};  // 700 steps; it is stopped at some 20
  const ProgramRun whole = pretrain("whole", long_enough);
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("Model: "));
  const auto run = folder_ / "stopped";
  const auto begun = [&] { return std::filesystem::exists(run / "checkpoints/step-000020"); };
  const pid_t process = test::start_program(folder_.path(), words("stopped", long_enough));
  ASSERT_EQ(test::stop_program_at(process, begun, SIGINT), 130) << text_of(folder_ / "stderr");
  EXPECT_THAT(text_of(folder_ / "stderr"), testing::AllOf(HasSubstr("rift pretrain"), HasSubstr("--resume")));
  EXPECT_FALSE(std::filesystem::exists(run / "model"));
  EXPECT_FALSE(std::filesystem::exists(run / "tokens")) << "the customers' words are in it";
  const ProgramRun resumed = pretrain("stopped", {"--resume", "--set", "optim.epochs=100"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("going on from a checkpoint"));
  for (const char* file : {"model/model.safetensors", "log.jsonl", "metrics.json"}) {
    EXPECT_EQ(text_of(run / file), text_of(folder_ / "whole" / file)) << file;
  }
}

TEST_F(PretrainProgram, ASecondRunIsKeptOutOfTheDirectoryOfTheFirst) {
  const pid_t first = test::start_program(folder_.path(), words("run", {"--set", "optim.epochs=2000"}));
  ProgramRun second;
  const auto tried = [&] {
    if (!std::filesystem::exists(folder_ / "run/log.jsonl")) return false;
    second = pretrain("run", {"--overwrite"});
    return true;
  };
  EXPECT_EQ(test::stop_program_at(first, tried, SIGINT), 130) << text_of(folder_ / "stderr");
  EXPECT_EQ(second.status, 6);
  EXPECT_THAT(second.err, testing::AllOf(HasSubstr((folder_ / "run").string()), HasSubstr("another run of rift")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/.lock"));
  EXPECT_EQ(pretrain("run", {"--set", "optim.epochs=1"}).status, 0);
}

TEST_F(PretrainProgram, AQueryOfOtherRowsIsAnotherRun) {
  const std::vector<std::string> query = {"--set",   "data.source=\"sql: SELECT note FROM 'texts.csv' ORDER BY note\"",
                                          "--set",   "data.text=[note]",
                                          "--set",   "optim.epochs=1",
                                          "--resume"};
  const std::string texts = "note\n" + text_of(folder_ / "texts.txt");
  test::write_plainly(folder_ / "texts.csv", texts);
  const ProgramRun first = pretrain("run", query);
  ASSERT_EQ(first.status, 0) << first.err;
  const ProgramRun shown = pretrain("run", query);
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.err, HasSubstr("finished before"));
  test::write_plainly(folder_ / "texts.csv", texts + "a loan that came later\n");
  const ProgramRun other = pretrain("run", query);
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("made from other settings or files"));
}

TEST_F(PretrainProgram, TheStartOfARunIsKnownByItsFilesAndStandsInWhatItWrites) {
  ASSERT_EQ(pretrain("first", {"--set", "optim.epochs=1"}).status, 0);
  std::filesystem::copy(folder_ / "first/model", folder_ / "start");
  const std::vector<std::string> words = from("start/", {"--set", "optim.epochs=1", "--resume"});
  ::setenv("RIFT_MODELS", (folder_ / "none").c_str(), 1);  // the packaged model is not needed
  const ProgramRun run = pretrain("run", words);
  EXPECT_EQ(run.status, 0) << run.err;
  const Json manifest = parse_json(text_of(folder_ / "run/manifest.json"), "manifest.json");
  EXPECT_EQ(manifest.at("init_from").as_string(), "start");
  std::vector<std::string> inputs;
  for (const Json& input : manifest.at("inputs").as_array())
    inputs.push_back(input.at("what").as_string() + ": " + input.at("file").as_string());
  EXPECT_THAT(inputs, testing::IsSupersetOf({"backbone start: config.json", "backbone start: model.safetensors"}));
  EXPECT_THAT(inputs, testing::Not(testing::Contains(HasSubstr("MiniLM"))));
  EXPECT_THAT(text_of(folder_ / "run/run.yaml"), HasSubstr((folder_ / "start").string()));
  const ProgramRun repeated =
      run_program({"pretrain", (folder_ / "run/run.yaml").string(), "--out", (folder_ / "repeated").string()});
  EXPECT_EQ(repeated.status, 0) << repeated.err;
  EXPECT_EQ(text_of(folder_ / "repeated/model/model.safetensors"), text_of(folder_ / "run/model/model.safetensors"));
  std::filesystem::create_directory(folder_ / "moved");
  std::filesystem::rename(folder_ / "start", folder_ / "moved/start");
  EXPECT_THAT(pretrain("run", from("moved/start", {"--set", "optim.epochs=1", "--resume"})).err,
              HasSubstr("finished before"));
  const std::string other = text_of(folder_ / "run/model/model.safetensors");
  test::write_plainly(folder_ / "moved/start/model.safetensors", other);
  const ProgramRun refused = pretrain("run", from("moved/start", {"--set", "optim.epochs=1", "--resume"}));
  ::unsetenv("RIFT_MODELS");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("made from other settings or files"));
}

TEST_F(PretrainProgram, AStartBringsItsConfigAndTokenizer) {
  const ProgramRun both = pretrain("run", {"--init-from", folder_.path().string()});
  EXPECT_EQ(both.status, 2);
  EXPECT_THAT(both.err, HasSubstr("leave --init-from out"));
  EXPECT_EQ(pretrain("run", from("none")).status, 4);
}

/// With a table of positions that takes long enough to write for a kill to hit the writing.
struct Killed {
  const char* name;
  const char* config;
  const char* tokenizer;
};
class KilledPretrainProgram : public PretrainProgram, public testing::WithParamInterface<Killed> {
 protected:
  KilledPretrainProgram() { test::write_plainly(folder_ / "bert.json", GetParam().config); }
  std::vector<std::string> settings(bool resume) const {
    std::vector<std::string> all = {"--set",     std::string("tokenizer.train.kind=") + GetParam().name,
                                    "--set",     std::string("tokenizer.train.vocab_size=") + GetParam().tokenizer,
                                    "--set",     "optim.epochs=6",
                                    "--set",     "train.checkpoint_every_steps=2",
                                    "--threads", "1"};
    if (resume) all.emplace_back("--resume");
    return all;
  }
};

INSTANTIATE_TEST_SUITE_P(
    , KilledPretrainProgram,
    testing::Values(Killed{"bert",
                           R"({"model_type": "bert", "hidden_size": 128, "num_hidden_layers": 1,
                              "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 16384})",
                           "60"},
                    Killed{"gpt2",
                           R"({"model_type": "gpt2", "n_embd": 128, "n_layer": 1, "n_head": 2, "n_inner": 64,
                              "n_positions": 16384})",
                           "300"}),
    [](const auto& killed) { return std::string(killed.param.name); });

TEST_P(KilledPretrainProgram, FromEveryMomentItGoesOnToTheSameBytes) {
  const ProgramRun uninterrupted = pretrain("whole", settings(/*resume=*/false));
  ASSERT_EQ(uninterrupted.status, 0) << uninterrupted.err;
  const std::filesystem::path run = folder_ / "run", whole = folder_ / "whole";
  int hit_while_writing = 0;
  for (const char* moment :
       {"run/tokenizer", "tokens/train.", "checkpoints/.step-000004.tmp-", "checkpoints/.step-000010.tmp-",
        "checkpoints/step-000016", "checkpoints/.step-000020.tmp-", ".model.tmp-"}) {
    const pid_t process = test::start_program(folder_.path(), words("run", settings(/*resume=*/true)));
    EXPECT_EQ(test::stop_program_at(
                  process, [&] { return test::has_path(run, moment); }, SIGKILL),
              128 + SIGKILL)
        << moment << "\n"
        << text_of(folder_ / "stderr");
    hit_while_writing += test::has_path(run, "/.step-");
    EXPECT_FALSE(std::filesystem::exists(run / "model")) << moment;
    if (HasFailure()) return;
  }
  EXPECT_GE(hit_while_writing, 1) << "no kill hit a checkpoint while it was written";
  const ProgramRun last = pretrain("run", settings(/*resume=*/true));
  ASSERT_EQ(last.status, 0) << last.err;
  EXPECT_THAT(last.err, HasSubstr("going on from a checkpoint"));
  for (const char* file : {"model/model.safetensors", "model/config.json", "model/tokenizer.json",
                           "tokenizer/tokenizer.json", "log.jsonl", "metrics.json"}) {
    EXPECT_EQ(text_of(run / file), text_of(whole / file)) << file;
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
