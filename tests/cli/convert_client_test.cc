#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/program.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "support/client.h"
#include "support/outside_data.h"

// rift models convert as a user runs it, to GGUF and from it, beside gguf-py, transformers, safetensors and torch.
namespace rift::test {
namespace {

namespace fs = std::filesystem;

/// A random decoder that transformers saved, in f32, under the name of its kind; its tokenizer is that of a fixture.
class ConvertClient : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_CLIENTS();
    const std::string kind = GetParam();
    const std::string lists = kind == "mistral_model" ? "llama" : kind;
    convert("tests/checkpoint/fixtures/gguf_models/" + lists + ".gguf", {"--to", "safetensors", "--out", at("lists")});
    for (const char* file : {"tokenizer.json", "tokenizer_config.json"})
      folder_.write(kind + "/" + file, text_of(folder_ / "lists" / file));
    const auto made = run_client("tests/package/clients/make_decoders.py", {model()});
    ASSERT_EQ(made.status, 0) << made.output;
    folder_.write(kind + "/README.md", "---\nlicense: mit\n---\n");
    folder_.write(kind + "/chat_template.jinja", "{{ messages }}");
    Json texts = read_json("tests/checkpoint/fixtures/gguf_models/expected.json").at("texts");
    std::string lines;
    for (const Json& text : texts.as_array()) {
      if (text.as_string().find_first_of("\r\n") == std::string::npos) lines += text.as_string() + "\n";
    }
    folder_.write("texts", lines);
  }
  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  fs::path model() const { return folder_ / GetParam(); }

  static void convert(const std::string& source, const std::vector<std::string>& more) {
    std::vector<std::string> words = {"models", "convert", source, "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramRun run = run_program(words);
    ASSERT_EQ(run.status, 0) << run.err;
  }
  /// What the program makes of the texts, to be read by the script.
  void tokenize(const std::string& source, const std::string& to) const {
    const ProgramRun run = run_program({"tokenize", source, at("texts"), "--json"});
    ASSERT_EQ(run.status, 0) << run.err;
    folder_.write(to, run.out);
  }
  void expect_agrees(const std::string& script, const std::vector<fs::path>& arguments) const {
    const auto run = run_client("tests/cli/clients/" + script, arguments);
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
  }
  TempDirectory folder_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, ConvertClient,
                         testing::Values("gemma3", "gpt2", "llama", "mistral_model", "qwen2", "qwen3", "smollm"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ConvertClient, ToGgufAndBackNothingIsLost) {
  const std::string gguf = at("f32.gguf");
  convert(model().string(), {"--to", "gguf", "--out", gguf});
  convert(model().string(), {"--to", "gguf", "--out", at("q8_0.gguf"), "--dtype", "q8_0"});
  convert(gguf, {"--to", "safetensors", "--out", at("safetensors")});
  convert(gguf, {"--to", "torch", "--out", at("torch"), "--max-shard-bytes", "100000"});
  convert(at("q8_0.gguf"), {"--to", "safetensors", "--out", at("q8_0")});
  convert(at("torch"), {"--to", "gguf", "--out", at("again.gguf")});
  for (const std::string& source : {model().string(), gguf, at("safetensors")})
    ASSERT_NO_FATAL_FAILURE(tokenize(source, fs::path(source).filename().string() + ".ids"));
  EXPECT_EQ(text_of(folder_ / "f32.gguf.ids"), text_of(folder_ / (std::string(GetParam()) + ".ids")));
  EXPECT_EQ(text_of(folder_ / "safetensors.ids"), text_of(folder_ / "f32.gguf.ids"));
  expect_agrees("converted_gguf.py", {folder_.path(), GetParam()});
}

TEST(ConvertClientEncoder, ABertInGgufBecomesDirectoriesThatTransformersLoads) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const TempDirectory folder;
  const char* source = "tests/checkpoint/fixtures/gguf_models/bert.gguf";
  for (const char* form : {"safetensors", "torch"}) {
    const ProgramRun run =
        run_program({"models", "convert", source, "--to", form, "--out", (folder / form).string(), "--quiet"});
    ASSERT_EQ(run.status, 0) << run.err;
  }
  const auto run =
      run_client("tests/cli/clients/converted_bert.py", {source, folder / "safetensors", folder / "torch"});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
}

/// A file of llama.cpp's own conversion says what ours has to say of the model that it becomes.
TEST(ConvertClientModel, TheRealSmolLm2SaysInGgufWhatItSaid) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT_SMOLLM2();
  const TempDirectory folder;
  const auto convert = [&](const fs::path& source, const char* to, const char* dtype, const fs::path& out) {
    const ProgramRun run = run_program(
        {"models", "convert", source.string(), "--to", to, "--dtype", dtype, "--out", out.string(), "--quiet"});
    ASSERT_EQ(run.status, 0) << run.err;
  };
  const ProgramRun mixed =
      run_program({"models", "convert", kSmolLm2, "--to", "gguf", "--out", (folder / "mixed.gguf").string()});
  EXPECT_EQ(mixed.status, 2);
  EXPECT_THAT(mixed.err, testing::HasSubstr("are Q4_1, Q8_0; say what to write them as: f32, f16, bf16 or q8_0"));
  ASSERT_NO_FATAL_FAILURE(convert(kSmolLm2, "safetensors", "f32", folder / "hf"));
  ASSERT_NO_FATAL_FAILURE(convert(folder / "hf", "gguf", "q8_0", folder / "of_hf.gguf"));
  ASSERT_NO_FATAL_FAILURE(convert(kSmolLm2, "gguf", "q8_0", folder / "of_gguf.gguf"));
  const auto run =
      run_client("tests/cli/clients/converted_smollm2.py", {kSmolLm2, folder / "of_hf.gguf", folder / "of_gguf.gguf"});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
}

}  // namespace
}  // namespace rift::test
