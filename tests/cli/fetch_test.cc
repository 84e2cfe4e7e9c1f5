#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/fetch_case.h"
#include "rift/base/json.h"

// rift models fetch as a user runs it, and what can be done with what it leaves.
namespace rift::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class FetchVerb : public FetchCase {
 protected:
  void SetUp() override {
    folder_.write("root/tiny/pytorch_model.bin", std::string(300, 'x'));
    folder_.write("root/tiny/tf_model.h5", "x");
    FetchCase::SetUp();
  }
};

TEST_F(FetchVerb, PrintsTheDirectoryAndTakesWhatIsNeeded) {
  const ProgramRun run = run_program({"models", "fetch", "org/tiny"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("only rift models fetch uses the network"));
  const std::filesystem::path directory = run.out.substr(0, run.out.find('\n'));
  EXPECT_EQ(text_of(directory / "model.safetensors"), text_of(folder_ / "root/tiny/model.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(directory / "pytorch_model.bin"));
  EXPECT_FALSE(std::filesystem::exists(directory / "tf_model.h5"));

  const ProgramRun list = run_program({"models", "list", (folder_ / "cache").string(), "--json"});
  const Json model = parse_json(list.out, "stdout").at("models").at(size_t{0});
  EXPECT_EQ(model.at("name").as_string(), "org/tiny");
  EXPECT_EQ(model.at("licence").as_string(), "mit");
  EXPECT_TRUE(model.at("runs").as_bool()) << list.out;
  folder_.write("texts", "the loan\n");
  const ProgramRun tokens = run_program({"tokenize", "org/tiny", (folder_ / "texts").string()});
  EXPECT_EQ(tokens.out, "[CLS] the loan [SEP]\n") << tokens.err;

  const ProgramRun again = run_program({"models", "fetch", "org/tiny", "--json"});
  EXPECT_EQ(parse_json(again.out, "stdout").at("downloaded_bytes").as_int(), 0);
}

TEST_F(FetchVerb, TakesWhatItIsToldTo) {
  const std::string to = (folder_ / "own").string();
  const ProgramRun run =
      run_program({"models", "fetch", "org/tiny", "--include", "pytorch*", "--include", "*.h5", "--to", to});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "own/pytorch_model.bin"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "own/tf_model.h5"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "own/README.md"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "own/config.json"));
  const ProgramRun none = run_program({"models", "fetch", "org/tiny", "--include", "*.gguf"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("no file of the model matches"));
}

TEST_F(FetchVerb, TheTokenOfALoginReachesTheHubAndNothingElse) {
  const auto lines = [&](const std::string& text) { return server_->logged(text); };
  EXPECT_THAT(run_program({"models", "fetch", "private/tiny"}).err, HasSubstr("hf auth login"));
  folder_.write("token", "hf_secret\n");
  const ProgramRun run = run_program({"models", "fetch", "private/tiny", "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err + run.out, Not(HasSubstr("hf_secret")));
  EXPECT_GT(lines("token=Bearer hf_secret"), 3);
  EXPECT_EQ(lines("cdn GET"), 1) << "where the hub redirects to";
  EXPECT_THAT(server_->log(), testing::ContainsRegex("cdn GET [^\n]* token=None"));
  folder_.write("token", "hf_wrong_secret\n");
  const ProgramRun wrong = run_program({"models", "fetch", "private/tiny", "--to", (folder_ / "to").string()});
  EXPECT_EQ(wrong.status, 6);
  EXPECT_THAT(wrong.err, HasSubstr("the token of " + (folder_ / "token").string() + " does not reach it"));
  EXPECT_THAT(wrong.err + wrong.out, Not(HasSubstr("hf_wrong_secret")));
}

TEST_F(FetchVerb, RefusesWhereItShould) {
  {
    const Variable offline("HF_HUB_OFFLINE", "1");
    const ProgramRun run = run_program({"models", "fetch", "org/tiny"});
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, HasSubstr("HF_HUB_OFFLINE"));
  }
  EXPECT_EQ(server_->log(), "");
  const Variable token("HF_TOKEN", "hf_wrong_secret");
  const ProgramRun run = run_program({"models", "fetch", "private/tiny", "--json"});
  EXPECT_EQ(run.status, 6);
  EXPECT_THAT(run.err, HasSubstr("HF_TOKEN"));
  EXPECT_THAT(run.err + run.out, Not(HasSubstr("hf_wrong_secret")));
  EXPECT_EQ(run_program({"models", "fetch", "org/nothing"}).status, 6);
  EXPECT_EQ(run_program({"models", "fetch", "../tiny"}).status, 2);
}

}  // namespace
}  // namespace rift::test
