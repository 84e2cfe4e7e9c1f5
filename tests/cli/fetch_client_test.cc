#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/fetch_case.h"
#include "rift/base/json.h"
#include "support/client.h"

// huggingface_hub and transformers read the cache that rift leaves, and rift reads theirs.
namespace rift::test {
namespace {

class FetchClient : public FetchCase {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_CLIENTS();
    FetchCase::SetUp();
  }
};

TEST_F(FetchClient, HuggingFaceReadsOurCache) {
  const ProgramRun run = run_program({"models", "fetch", "org/tiny"});
  ASSERT_EQ(run.status, 0) << run.err;
  const ProgramRun own = run_program({"models", "fetch", "org/tiny", "--to", (folder_ / "own").string()});
  ASSERT_EQ(own.status, 0) << own.err;
  const std::string directory = run.out.substr(0, run.out.find('\n'));
  const auto client =
      run_client("tests/hub/clients/read_cache.py", {directory, folder_ / "root/tiny", folder_ / "own"});
  EXPECT_EQ(client.status, 0) << client.output;
  EXPECT_NE(client.output.find("all checks hold"), std::string::npos) << client.output;
}

TEST_F(FetchClient, WeReadTheirCacheAndFetchNothingAgain) {
  const auto client = run_client("tests/hub/clients/fill_cache.py", {folder_ / "half"});
  ASSERT_EQ(client.status, 0) << client.output;
  const std::string listed = run_program({"models", "list", (folder_ / "cache").string(), "--json"}).out;
  const Json model = parse_json(listed, "stdout").at("models").at(size_t{0});
  EXPECT_EQ(model.at("name").as_string(), "org/tiny");
  EXPECT_TRUE(model.at("runs").as_bool()) << listed;
  EXPECT_EQ(run_program({"models", "inspect", "org/tiny"}).status, 0);
  const ProgramRun again = run_program({"models", "fetch", "org/tiny", "--json"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(parse_json(again.out, "stdout").at("downloaded_bytes").as_int(), 0);
}

/// Whatever says the token, huggingface_hub finds it there and so do we; the hub lets in who has it.
TEST_F(FetchClient, TheTokenIsFoundWhereHuggingFaceFindsIt) {
  const auto both_have = [&](bool expected, const char* what) {
    const auto theirs = run_client("tests/hub/clients/found_token.py", {expected ? "hf_secret" : ""});
    EXPECT_EQ(theirs.status, 0) << what << ": " << theirs.output;
    const ProgramRun ours = run_program({"models", "fetch", "private/tiny", "--to", (folder_ / "to" / what).string()});
    EXPECT_EQ(ours.status, expected ? 0 : 6) << what << ": " << ours.err;
  };
  const std::string root = folder_.path().string();
  const Variable no_path("HF_TOKEN_PATH", ""), no_hf_home("HF_HOME", ""), no_cache("XDG_CACHE_HOME", ""),
      home("HOME", root);
  both_have(false, "none");
  folder_.write(".cache/huggingface/token", "hf_secret\n");
  both_have(true, "home");
  {
    const Variable cache("XDG_CACHE_HOME", root + "/xdg");
    both_have(false, "no_xdg");
    folder_.write("xdg/huggingface/token", "hf_secret\r\n");
    both_have(true, "xdg");
  }
  {
    const Variable hf_home("HF_HOME", "~/hf");
    both_have(false, "no_hf_home");
    folder_.write("hf/token", "  hf_secret");
    both_have(true, "hf_home");
    const Variable path("HF_TOKEN_PATH", root + "/path");
    both_have(false, "no_path");
    folder_.write("path", "hf_secret");
    both_have(true, "path");
    const Variable wrong("HF_TOKEN", "hf_other");
    EXPECT_EQ(run_program({"models", "fetch", "private/tiny", "--to", root + "/to/wrong"}).status, 6);
    const Variable blank("HF_TOKEN", " ");
    both_have(true, "blank_variable");
  }
  folder_.write(".cache/huggingface/token", "hf_other");
  const Variable older("HUGGING_FACE_HUB_TOKEN", "hf_secret");
  both_have(true, "older_name");
}

}  // namespace
}  // namespace rift::test
