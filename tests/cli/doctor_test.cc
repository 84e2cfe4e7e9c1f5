#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"
#include "support/outside_data.h"

// rift doctor: what it says of models and of this CPU.
namespace rift::test {
namespace {

using testing::HasSubstr;

class Doctor : public testing::Test {
 protected:
  ~Doctor() override { ::unsetenv(kVariable); }
  static void use_instructions(const char* set) { ::setenv(kVariable, set, 1); }

  static Json finding(const std::string& name, std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"doctor", "--json"});
    const ProgramRun run = run_program(words);
    const Json said = parse_json(run.out, "stdout");
    for (const Json& check : said.at("checks").as_array()) {
      if (check.at("check").as_string() == name) return check;
    }
    ADD_FAILURE() << "no " << name << " in " << run.out << run.err;
    return {};
  }

  static constexpr const char* kVariable = "RIFT_INSTRUCTION_SET";
  TempDirectory folder_;
};

TEST_F(Doctor, NamesThePrecisionsThatTheInstructionsInUseMultiply) {
  use_instructions("baseline");
  const Json found = finding("precisions");
  EXPECT_EQ(found.at("native"), Json(std::vector<std::string>{"f32"}));
  EXPECT_EQ(found.at("detail").as_string(), "instructions of the CPU for f32; bf16, int8 by those of wider numbers");
  EXPECT_THAT(finding("model execution").at("detail").as_string(), HasSubstr("own kernels: baseline"));
  use_instructions("none");
  EXPECT_THAT(run_program({"doctor"}).out, HasSubstr("RIFT_INSTRUCTION_SET: this CPU runs baseline"));
}

TEST_F(Doctor, SaysWhyAModelDoesNotRunOnTheFusedEngine) {
  write_tiny_model(folder_ / "tiny");
  const std::string tiny = (folder_ / "tiny").string();
  const Json found = finding("model", {"--model", tiny});
  EXPECT_TRUE(found.at("ok").as_bool());
  EXPECT_FALSE(found.at("fused_engine").as_bool());
  EXPECT_EQ(found.at("why_not").as_string(), "its heads are no multiple of 32 wide");
  const ProgramRun run = run_program({"doctor", "--model", tiny});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("its layers run one by one, not on the fused engine: its heads are no multiple"));
}

TEST_F(Doctor, ThePackagedModelRunsOnTheFusedEngine) {
  RIFT_SKIP_WITHOUT_MINILM();
  const Json found = finding("packaged model");
  EXPECT_TRUE(found.at("fused_engine").as_bool()) << to_json_text(found);
  EXPECT_TRUE(found.at("why_not").is_null());
  EXPECT_THAT(found.at("detail").as_string(), HasSubstr("its layers run on the fused engine"));
}

TEST_F(Doctor, AModelThatIsNotThereOrThatRiftCannotRunIsBad) {
  const ProgramRun nowhere = run_program({"doctor", "--model", "nowhere"});
  EXPECT_EQ(nowhere.status, 6);
  EXPECT_THAT(nowhere.out, HasSubstr("BAD  model            no directory or .gguf file 'nowhere'"));
  write_tiny_model(folder_ / "tiny");
  Json config = parse_json(text_of(folder_ / "tiny/config.json"), "config.json");
  config["position_embedding_type"] = "relative_key";
  write_plainly(folder_ / "tiny/config.json", to_json_text(config));
  const Json found = finding("model", {"--model", (folder_ / "tiny").string()});
  EXPECT_FALSE(found.at("ok").as_bool());
  EXPECT_THAT(found.at("detail").as_string(), HasSubstr("position_embedding_type"));
}

}  // namespace
}  // namespace rift::test
