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

}  // namespace
}  // namespace rift::test
