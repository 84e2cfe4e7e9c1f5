#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"

// rift bench on a small model: what its answer is made of. How fast it was is no test.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int64_t kLongest = 32;

class Bench : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(folder_ / "tiny");
    std::string rows;
    for (int i = 0; i < 40; ++i) {
      rows += R"({"note": "the loan )" + std::string(i % 2 == 0 ? "paid" : "late");
      for (int word = 0; word < i; ++word) rows += " word" + std::to_string(9 + word);
      rows += R"(", "bad": )" + std::to_string(i % 2) + "}\n";
    }
    rows += R"({"note": null, "bad": 1})"
            "\n";
    write_plainly(folder_ / "rows.jsonl", rows);
  }

  ProgramRun run(std::vector<std::string> arguments) const {
    const std::vector<std::string> head = {"bench",     (folder_ / "rows.jsonl").string(),
                                           "--model",   (folder_ / "tiny").string(),
                                           "--column",  "note",
                                           "--threads", "1",
                                           "--set",     "model.text.max_tokens=" + std::to_string(kLongest)};
    arguments.insert(arguments.begin(), head.begin(), head.end());
    return run_program(arguments);
  }
  Json json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const ProgramRun ended = run(std::move(arguments));
    EXPECT_EQ(ended.status, 0) << ended.err;
    return parse_json(ended.out, "stdout");
  }
  void expect_refused(const std::vector<std::string>& arguments, int status, const std::string& why) const {
    const ProgramRun ended = run(arguments);
    EXPECT_EQ(ended.status, status) << why;
    EXPECT_THAT(ended.err, HasSubstr(why));
    EXPECT_EQ(ended.out, "");
  }

  TempDirectory folder_;
};

TEST_F(Bench, AModelOfFewPositionsReadsWhatItCan) {
  const ProgramRun ended = run_program(
      {"bench", "--model", (folder_ / "tiny").string(), "--rows", "20", "--parts", "tokenize,score", "--json"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  const Json settings = parse_json(ended.out, "stdout").at("settings");
  EXPECT_EQ(settings.at("model").at("text").at("max_tokens").as_int(), 40);  // of config.json
}

TEST_F(Bench, SaysWhatItWasMeasuredOnAndEveryPart) {
  const Json result = json({"--rows", "0", "--methods", "full,head", "--set", "optim.epochs=3"});
  EXPECT_EQ(result.at("model").as_string(), "tiny");
  EXPECT_EQ(result.at("threads").as_int(), 1);
  EXPECT_EQ(result.at("rows").as_int(), 41);
  EXPECT_TRUE(result.at("instruction_set").is_string());
  EXPECT_EQ(result.at("settings").at("optim").at("epochs").as_double(), 3);

  EXPECT_GT(result.at("roof").at("gflops").as_double(), 0);

  const Json& tokenize = result.at("tokenize");
  EXPECT_EQ(tokenize.at("rows").as_int(), 41);
  // [CLS] the loan paid|late, 0 to 39 words, [SEP]; the row without a text is [CLS] [SEP].
  EXPECT_EQ(tokenize.at("tokens").as_int(), 40 * 5 + 39 * 40 / 2 + 2);
  EXPECT_EQ(tokenize.at("ids_sha256").as_string().size(), 64u);
  EXPECT_GT(tokenize.at("megabytes_per_second_with_offsets").as_double(), 0);

  const Json& score = result.at("score");
  EXPECT_EQ(score.at("precision").as_string(), "f32");
  EXPECT_EQ(score.at("rows").as_int(), 41);
  EXPECT_EQ(score.at("first_scores").size(), 32u);
  EXPECT_LT(score.at("tokens").as_int(), tokenize.at("tokens").as_int()) << "rows are cut at model.text.max_tokens";
  EXPECT_GT(result.at("latency").at("runs").as_int(), 0);
  EXPECT_EQ(result.at("latency").at("tokens").as_double(), static_cast<double>(kLongest));

  ASSERT_EQ(result.at("train").size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const Json& run = result.at("train").at(i);
    EXPECT_EQ(run.at("method").as_string(), i == 0 ? "full" : "head");
    EXPECT_EQ(run.at("rows").as_int(), 41);
    EXPECT_EQ(run.at("tokens").as_int(), score.at("tokens").as_int());
    EXPECT_EQ(run.at("epochs").size(), 3u);
    EXPECT_GT(run.at("peak_memory_mib").as_double(), 0);
  }
  EXPECT_GT(result.at("train").at(size_t{0}).at("trainable").as_int(),
            result.at("train").at(size_t{1}).at("trainable").as_int());
}

TEST_F(Bench, TakesTheRowsThatHaveATextSpreadOverTheFile) {
  const Json result = json({"--rows", "20", "--parts", "tokenize"});
  EXPECT_EQ(result.at("rows").as_int(), 20);
  EXPECT_EQ(result.at("tokenize").at("tokens").as_int(), 20 * 5 + 2 * (19 * 20 / 2));  // rows 0, 2, 4, ...
  EXPECT_FALSE(result.contains("score"));
  EXPECT_FALSE(result.contains("train"));
}

TEST_F(Bench, LearnsTheLabelsThatItIsGiven) {
  const std::vector<std::string> common = {"--rows", "40",    "--parts",        "train", "--methods",
                                           "full",   "--set", "optim.epochs=8", "--set", "optim.lr=0.005"};
  std::vector<std::string> labelled = common;
  labelled.insert(labelled.end(), {"--label", "bad"});
  const auto last_loss = [](const Json& result) {
    const Json& epochs = result.at("train").at(size_t{0}).at("epochs");
    return epochs.at(epochs.size() - 1).at("loss").as_double();
  };
  EXPECT_LT(last_loss(json(labelled)), last_loss(json(common)));  // made-up labels do not follow from the words
}

TEST_F(Bench, DropoutCanBeTurnedOff) {
  const std::vector<std::string> common = {"--parts", "train",          "--methods", "full",
                                           "--set",   "optim.epochs=1", "--set",     "optim.lr=1e-9"};
  const auto loss = [&](std::vector<std::string> more, const char* seed) {
    more.insert(more.end(), common.begin(), common.end());
    more.insert(more.end(), {"--set", std::string("train.seed=") + seed});
    return json(more).at("train").at(size_t{0}).at("epochs").at(size_t{0}).at("loss").as_double();
  };
  EXPECT_NE(loss({}, "1"), loss({}, "2"));
  // Without it nothing but the order of the rows depends on the seed: the head stands in the checkpoint.
  EXPECT_NEAR(loss({"--dropout", "off"}, "1"), loss({"--dropout", "off"}, "2"), 1e-5);
}

TEST_F(Bench, DropoutCanBeTurnedOffInAModelOfLinks) {
  const fs::path linked = folder_ / "linked";
  fs::create_directories(linked);
  fs::create_directory_symlink(fs::absolute(folder_ / "tiny"), linked / "0_Transformer");
  write_plainly(
      folder_ / "blobs/modules",
      R"([{"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}])");
  fs::create_symlink(fs::absolute(folder_ / "blobs/modules"), linked / "modules.json");
  const std::string config = text_of(folder_ / "tiny/config.json");
  const ProgramRun ended = run_program({"bench", "--model", linked.string(), "--rows", "16", "--threads", "1",
                                        "--parts", "score", "--dropout", "off", "--set", "model.text.max_tokens=16"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(text_of(folder_ / "tiny/config.json"), config) << "the model itself stays as it is";
}

TEST_F(Bench, WithoutDataItHasSentencesOfItsOwn) {
  const ProgramRun ended = run_program({"bench", "--model", (folder_ / "tiny").string(), "--rows", "16", "--threads",
                                        "1", "--set", "model.text.max_tokens=16", "--methods", "head"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_THAT(ended.out, testing::StartsWith("tiny, 16 rows, 1 threads, "));
  for (const char* line : {"matrix products at best", "GFLOP/s", "tokenizing", "scoring in batches",
                           "scoring one row of 16", "training: head", "peak"})
    EXPECT_THAT(ended.out, HasSubstr(line));
}

TEST_F(Bench, WhatCannotBeTimedIsAnErrorThatSaysWhy) {
  expect_refused({"--parts", "tokenise"}, 2,
                 "--parts: expected some of roof, tokenize, score, latency, train, got 'tokenise'");
  expect_refused({"--methods", "adapters"}, 2,
                 "--methods: expected some of full, head, top_k, gradual, bitfit, norm, lora, ia3, "
                 "bottleneck, prompt, prefix");
  expect_refused({"--set", "tuning.method=lora"}, 2, "say it with --methods");
  expect_refused({"--set", "optim.learning_rate=1"}, 2, "optim");
  for (const char* part : {"score", "latency", "train"}) {
    expect_refused({"--parts", part, "--set", "train.precision=bf16"}, 2, "does not run this model");
  }
  expect_refused({"--label", "note"}, 3, "row 0 cannot be read");
  expect_refused({"--set", "train.precision=f16"}, 2, "does not have 'f16' yet");
  const ProgramRun column = run_program({"bench", (folder_ / "rows.jsonl").string(), "--parts", "tokenize"});
  EXPECT_EQ(column.status, 2);
  EXPECT_THAT(column.err, HasSubstr("Name it with --column; the source has note, bad"));
  const ProgramRun none = run_program({"bench", "--column", "note"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("DATA, which is not given"));
  const ProgramRun model = run_program({"bench", "--model", "nowhere"});
  EXPECT_EQ(model.status, 4);
}

}  // namespace
}  // namespace rift::test
