#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/tiny_model.h"

// Models and places that are none, through every verb that takes one: one error that names the place, no trace left.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Words = std::vector<std::string>;

class BadModels : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(folder_.folder("tiny"));
    folder_.folder("empty");
    folder_.write("notes.txt", "the loan was paid\n");
    folder_.write("junk.gguf", "hello");
    folder_.write("junk.safetensors", "hello");
    folder_.write("none.gguf", "");
    fs::create_directories(folder_ / "config_is_folder/config.json");
    copy("weights_are_folder", "model.safetensors");
    fs::create_directories(folder_ / "weights_are_folder/model.safetensors");
    copy("no_weights", "model.safetensors");
    copy("cut", "model.safetensors");
    write_plainly(folder_ / "cut/model.safetensors", text_of(folder_ / "tiny/model.safetensors").substr(0, 6000));
    there_ = folder_.names();
  }
  /// The tiny model without one of its files.
  void copy(const std::string& name, const std::string& without) {
    fs::copy(folder_ / "tiny", folder_ / name);
    fs::remove(folder_ / name / without);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void expect_refused(const Words& words, int status, const std::string& what) {
    const ProgramRun run = run_program(words);
    const std::string command = words[0] + " " + words[1];
    EXPECT_EQ(run.status, status) << command << ": " << run.err;
    EXPECT_THAT(run.err, HasSubstr(what)) << command;
    const size_t first = run.err.find("error: ");
    EXPECT_NE(first, std::string::npos) << command;
    EXPECT_EQ(run.err.find("error: ", first + 1), std::string::npos) << run.err;
    EXPECT_EQ(folder_.names(), there_) << command;
  }
  /// The verbs that load a model, each on `model`.
  std::vector<Words> loading(const std::string& model) const {
    return {{"models", "inspect", path(model)},
            {"models", "convert", path(model), "--to", "safetensors", "--out", path("out")},
            {"embed", path(model), path("notes.txt"), "--out", path("v.csv")}};
  }
  TempDirectory folder_;
  std::vector<std::string> there_;
};

TEST_F(BadModels, AreNamedByEveryVerbThatLoadsOne) {
  const std::pair<const char*, const char*> cases[] = {
      {"nowhere", "no directory or .gguf file"},
      {"empty", "there is no config.json"},
      {"none.gguf", "it is cut, fetch it again"},
      {"junk.gguf", "expected a GGUF file"},
      {"config_is_folder", "config.json: expected a file, it is a directory"},
      {"weights_are_folder", "model.safetensors: "},
      {"no_weights", "model.safetensors: the file is not there"},
      {"cut", "it is cut, fetch it again"},
  };
  for (const auto& [model, what] : cases) {
    for (const Words& words : loading(model)) expect_refused(words, 4, what);
    expect_refused(loading(model)[0], 4, path(model));
  }
  const ProgramRun junk = run_program({"models", "inspect", path("junk.safetensors")});
  EXPECT_EQ(junk.status, 4);
  EXPECT_EQ(junk.err.find(path("junk.safetensors")), junk.err.rfind(path("junk.safetensors"))) << junk.err;
}

TEST_F(BadModels, AFileIsNoPlaceForModels) {
  expect_refused({"models", "list", path("notes.txt")}, 4, "expected a directory that holds models, it is a file");
  expect_refused({"models", "fetch", "a/b", "--to", path("notes.txt")}, 2, "it is a file; name a directory");
  expect_refused({"models", "convert", path("tiny"), "--to", "torch", "--out", path("notes.txt")}, 2,
                 "it is there already");
  folder_.write("run.yaml", "data: {source: notes.txt}\nmodel: {text: {backbone: tiny, max_tokens: 16}}\n");
  there_ = folder_.names();
  expect_refused({"pretrain", path("run.yaml"), "--out", path("notes.txt")}, 6,
                 "notes.txt: expected a directory to write to, it is a file");
}

TEST_F(BadModels, WhatCannotBeWrittenIsRefusedBeforeAModelIsLoaded) {
  const ProgramRun run = run_program({"embed", path("tiny"), path("notes.txt"), "--out", path("v.xlsx")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("give the file such an ending"));
  EXPECT_THAT(run.err, testing::Not(HasSubstr("model loaded")));
  expect_refused({"export", path("tiny"), "--format", "hf", "--out", path("out")}, 4, "this is no package of rift");
  expect_refused({"export", path("nowhere"), "--format", "hf", "--out", path("out")}, 4, "no such package directory");
  expect_refused({"export", fs::absolute("tests/checkpoint/fixtures/gguf_models/smollm.gguf"), "--format", "gguf",
                  "--out", path("out.gguf")},
                 2, "a model that was never tuned is written by: rift models convert ");
}

TEST_F(BadModels, NumbersOutOfRangeSayTheRange) {
  for (const char* bytes : {"0", "-4", "many"}) {
    const ProgramRun run = run_program(
        {"models", "convert", path("tiny"), "--to", "torch", "--out", path("out"), "--max-shard-bytes", bytes});
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, HasSubstr("--max-shard-bytes"));
    EXPECT_LT(run.err.size(), 200u) << run.err;
  }
}

TEST_F(BadModels, AColumnThatIsNotThereIsToldAlikeByVerbsThatTakeItsName) {
  folder_.write("notes.csv", "note,outcome\nthe loan,late\nwas paid,good\n");
  folder_.write("wrong.yaml", "{data: {source: notes.csv, text: [amount]}, model: {text: {backbone: tiny}}}");
  const std::string csv = path("notes.csv");
  const struct {
    std::string asked_by;
    std::vector<std::string> words;
  } cases[] = {
      {"--columns: ", {"embed", path("tiny"), csv, "--columns", "amount", "--out", path("v.csv")}},
      {"--id: ", {"embed", path("tiny"), csv, "--columns", "note", "--id", "amount", "--out", path("v.csv")}},
      {"--columns: ", {"models", "rank", csv, "--label", "outcome", "--columns", "amount", path("tiny")}},
      {"--label: ", {"models", "rank", csv, "--label", "amount", path("tiny")}},
      {"data.text: ", {"pretrain", path("wrong.yaml"), "--out", path("pretrained")}},
  };
  for (const auto& one : cases) {
    const ProgramRun run = run_program(one.words);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_NE(run.err.find(one.asked_by), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("has no column 'amount' among its 2 columns: note, outcome"), std::string::npos) << run.err;
  }
  EXPECT_FALSE(fs::exists(folder_ / "pretrained")) << "a refused run leaves no trace";
  folder_.write("right.yaml", "{data: {source: notes.csv, text: [note]}, model: {text: {backbone: tiny}}}");
  for (const char* set : {"model.text.max_tokens=100000", "pretrain.objective=next_token", "train.soup=3",
                          "optim.schedule=plateau", "train.early_stopping.patience=2"}) {
    const ProgramRun run = run_program(
        {"pretrain", path("right.yaml"), "--out", path("pretrained"), "--set", set, "--set", "pretrain.held_out=0"});
    EXPECT_EQ(run.status, 2) << set << run.err;
    EXPECT_FALSE(fs::exists(folder_ / "pretrained")) << set;
  }
  // What lay there stays.
  folder_.write("kept/mine.txt", "mine");
  EXPECT_EQ(
      run_program({"pretrain", path("right.yaml"), "--out", path("kept"), "--set", "model.text.max_tokens=100000"})
          .status,
      2);
  EXPECT_EQ(text_of(folder_ / "kept/mine.txt"), "mine");
  EXPECT_FALSE(fs::exists(folder_ / "v.csv"));
}

}  // namespace
}  // namespace rift::test
