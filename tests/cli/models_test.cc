#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"

// rift models: its actions and what each prints.
namespace rift::test {
namespace {

using testing::HasSubstr;

TEST(Models, EveryActionHasItsOwnHelpAndErrors) {
  EXPECT_THAT(run_program({"models", "--help"}).out, HasSubstr("inspect"));
  for (const char* action : {"list", "fetch", "inspect", "convert"}) {
    const ProgramRun help = run_program({"models", action, "--help"});
    EXPECT_EQ(help.status, 0) << action;
    EXPECT_THAT(help.out, HasSubstr(std::string("rift models ") + action));
    const ProgramRun unknown = run_program({"models", action, "--jsn"});
    EXPECT_EQ(unknown.status, 2) << action;
    EXPECT_THAT(unknown.err, HasSubstr(std::string("rift models ") + action + ": unknown option '--jsn'"));
    EXPECT_THAT(unknown.err, HasSubstr("'--json'"));
  }
}

TEST(Models, AnUnknownOrMissingActionIsNamed) {
  const ProgramRun unknown = run_program({"models", "inspekt", "x"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("unknown action 'inspekt'; did you mean 'inspect'?"));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"models"}, {"models", "--json", "list"}}) {
    const ProgramRun missing = run_program(words);
    EXPECT_EQ(missing.status, 2);
    EXPECT_THAT(missing.err, HasSubstr("an action comes first"));
  }
}

TEST(Models, WhatFilesSayDoesNotDriveTheTerminal) {
  const TempDirectory folder;
  write_tiny_model(folder / "tiny");
  folder.write("tiny/README.md", "---\nlicense: \x1B[31mmit\x1B]0;title\x07\n---\n");
  for (const char* action : {"inspect", "list"}) {
    const std::string place = std::string(action) == "list" ? folder.path().string() : (folder / "tiny").string();
    const ProgramRun run = run_program({"models", action, place});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(run.out, testing::AllOf(HasSubstr("\\u001b[31mmit"), testing::Not(HasSubstr("\x1B"))));
  }
}

TEST(Models, InspectSaysWhatWouldBeNew) {
  const std::string bare = "tests/checkpoint/fixtures/gguf_models/bert.gguf";  // without a head
  const ProgramRun run = run_program({"models", "inspect", bare});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("classifier.weight: "));
  const auto new_in = [](const std::string& model) {
    const ProgramRun json = run_program({"models", "inspect", model, "--json"});
    return parse_json(json.out, "stdout").at("names").at("new_head").size();
  };
  EXPECT_EQ(new_in(bare), 2u);
  const TempDirectory folder;
  write_tiny_model(folder / "tiny");
  EXPECT_EQ(new_in((folder / "tiny").string()), 0u);
}

TEST(Models, InspectOfWhatCannotBeOpenedSaysItOnce) {
  const TempDirectory folder;
  folder.write("model.h5", "x");
  const ProgramRun run = run_program({"models", "inspect", (folder / "model.h5").string()});
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("rift reads weights from"));
  folder.write("alone/model.pth", "x");
  const ProgramRun alone = run_program({"models", "inspect", (folder / "alone").string()});
  EXPECT_EQ(alone.status, 4);
  EXPECT_THAT(alone.err, HasSubstr("name the file: " + (folder / "alone/model.pth").string()));
}

TEST(Models, SupportIsPlainTextWithNotesUnlessMarkdownIsAsked) {
  const ProgramRun plain = run_program({"models", "support"});
  EXPECT_EQ(plain.status, 0);
  EXPECT_THAT(plain.out,
              testing::AllOf(HasSubstr("own"), testing::Not(HasSubstr("**")), HasSubstr("peft is of a package")));
  EXPECT_THAT(run_program({"models", "support", "--markdown"}).out, HasSubstr("**own**"));
}

TEST(Models, RankNamesWhatIsMissing) {
  const TempDirectory folder;
  folder.write("rows.csv", "note,outcome\nloan paid,good\nlate,bad\n");
  const std::string rows = (folder / "rows.csv").string();
  const auto refused = [](const std::vector<std::string>& words, const std::string& what) {
    const ProgramRun run = run_program(words);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_THAT(run.err, HasSubstr(what));
  };
  refused({"models", "rank", rows}, "MODELS");
  refused({"models", "rank", rows, "tiny"}, "--label");
  refused({"models", "rank", rows, "tiny", "--label", "outcome", "--out", "rank.docx"}, "written to .json or .html");
  refused({"models", "rank", rows, "tiny", "--label", "outcome", "--task", "ordinal"}, "--task");
}

TEST(Models, ListShowsWhatIsThereAndWhatIsBroken) {
  const TempDirectory folder;
  write_tiny_model(folder / "place/tiny");
  folder.write("place/broken/config.json", "{");
  const std::string place = (folder / "place").string();
  const ProgramRun table = run_program({"models", "list", place});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("tiny"));
  EXPECT_THAT(table.out, HasSubstr("no: "));
  const ProgramRun run = run_program({"models", "list", place, "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json models = parse_json(run.out, "stdout").at("models");
  ASSERT_EQ(models.size(), 2u);
  EXPECT_FALSE(models.at(size_t{0}).at("runs").as_bool());
  EXPECT_TRUE(models.at(size_t{1}).at("runs").as_bool());
  EXPECT_EQ(models.at(size_t{1}).at("architecture").as_string(), "bert");
  EXPECT_THAT(run_program({"models", "list", place, "--lang", "zh"}).out, HasSubstr("不能"));
  EXPECT_EQ(run_program({"models", "list", (folder / "nowhere").string()}).status, 4);
}

TEST(Models, ConvertWritesTheModelWholeOrNotAtAll) {
  const TempDirectory folder;
  write_tiny_model(folder / "tiny");
  const auto convert = [&](const std::vector<std::string>& more, const ProgramLimits& limits = {}) {
    std::vector<std::string> words = {"models", "convert", (folder / "tiny").string(), "--out",
                                      (folder / "out").string()};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words, limits);
  };
  const ProgramRun full = convert({"--to", "torch"}, {.file_bytes = 20'000});
  EXPECT_EQ(full.status, 6) << full.err;
  EXPECT_EQ(folder.names(), std::vector<std::string>{"tiny"});
  const ProgramRun blocks = convert({"--to", "torch", "--dtype", "q8_0"});
  EXPECT_EQ(blocks.status, 2);
  EXPECT_THAT(blocks.err, testing::AllOf(HasSubstr("--dtype q8_0"), HasSubstr("only --to gguf")));
  const ProgramRun run = convert({"--to", "torch", "--dtype", "f16", "--max-shard-bytes", "30000", "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json made = parse_json(run.out, "stdout");
  EXPECT_EQ(made.at("weights").at(size_t{0}).as_string(), "pytorch_model.bin.index.json");
  const ProgramRun list = run_program({"models", "list", (folder / "out").string(), "--json"});
  const Json model = parse_json(list.out, "stdout").at("models").at(size_t{0});
  EXPECT_EQ(model.at("weights").as_string(), "torch in shards");
  EXPECT_TRUE(model.at("runs").as_bool()) << list.out;
  EXPECT_EQ(convert({"--to", "torch"}).status, 2);  // out is there
}

TEST(Models, WhatGgufCannotHoldIsRefusedWithWhatToDo) {
  const TempDirectory folder;
  write_tiny_model(folder / "tiny");
  folder.write("image/config.json", R"({"model_type": "resnet", "architectures": ["ResNetModel"]})");
  folder.write("image/model.safetensors", text_of(folder / "tiny/model.safetensors"));
  const auto refused = [&](const char* source, const std::vector<std::string>& more, int status,
                           const std::vector<const char*>& said) {
    std::vector<std::string> words = {"models", "convert", (folder / source).string(), "--to", "gguf"};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramRun run = run_program(words);
    EXPECT_EQ(run.status, status) << run.err;
    for (const char* text : said) EXPECT_THAT(run.err, HasSubstr(text));
    EXPECT_EQ(folder.names(), (std::vector<std::string>{"image", "tiny"}));
  };
  const std::string out = (folder / "out.gguf").string();
  refused("tiny", {"--out", out}, 2, {"type 'bert' is not written as GGUF", "rift models convert --to safetensors"});
  refused("image", {"--out", out}, 2, {"type 'resnet' is not written as GGUF", "rift models convert --to safetensors"});
  refused("tiny/model.safetensors", {"--out", out}, 2, {"one file of weights", "name the directory"});
  refused("tiny", {"--out", (folder / "out").string()}, 2, {"ends with .gguf"});
  refused("tiny", {"--out", out, "--max-shard-bytes", "1000"}, 2, {"GGUF is written as one file"});
}

}  // namespace
}  // namespace rift::test
