#include <gtest/gtest.h>

#include "package/gguf_directory.h"
#include "rift/base/files.h"
#include "support/client.h"
#include "support/outside_data.h"
#include "support/temp_directory.h"

// gguf-py, tokenizers and transformers on GGUF models and on what rift writes of them.
namespace rift::package {
namespace {

namespace fs = std::filesystem;
using checkpoint::FloatType;
using test::run_client;
using test::TempDirectory;

/// Ids that rift gives for the lines of a file, one list a line.
void write_ids(const encode::text::Tokenizer& tokenizer, const std::vector<std::string>& texts, const fs::path& path) {
  Json lists = Json::array();
  encode::text::Encoding encoding;
  for (const std::string& text : texts) {
    tokenizer.encode(text, {.max_tokens = 0}, encoding);
    lists.push_back(Json(std::vector<int64_t>(encoding.ids.begin(), encoding.ids.end())));
  }
  write_file_atomic(path, to_json_text(Json{{"texts", texts}, {"ids", lists}}));
}

std::vector<std::string> golden_texts() {
  std::vector<std::string> texts;
  const Json expected = read_json("tests/checkpoint/fixtures/gguf_models/expected.json");
  for (const Json& text : expected.at("texts").as_array()) texts.push_back(text.as_string());
  return texts;
}

TEST(GgufClient, TokenizersLoadsTheTokenizerJsonThatIsMadeOfTheLists) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const TempDirectory directory;
  std::vector<fs::path> folders;
  for (const char* name : {"bert", "gemma3", "gpt2", "llama", "smollm", "qwen2", "qwen3"}) {
    folders.push_back(directory.folder(name));
    const auto model = checkpoint::open_hf_directory(test::gguf_fixture(name));
    write_gguf_tokenizer(model, folders.back());
    write_ids(*load_tokenizer(model), golden_texts(), folders.back() / "ids.json");
  }
  const auto run = run_client("tests/package/clients/same_ids.py", folders);
  EXPECT_EQ(run.status, 0) << run.output;
}

TEST(GgufClient, TheRealSmolLm2IsCutIntoTheTokensOfItsLists) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT_SMOLLM2();
  const TempDirectory directory;
  std::vector<std::string> texts = golden_texts();
  for (const fs::path file : {"README.md", "README.zh.md", "docs/architecture.md"}) texts.push_back(read_file(file));
  const auto model = checkpoint::open_hf_directory(test::kSmolLm2);
  write_ids(*load_tokenizer(model), texts, directory / "ids.json");
  write_gguf_tokenizer(model, directory.path());
  auto run = run_client("tests/package/clients/same_ids.py", {directory.path()});
  EXPECT_EQ(run.status, 0) << run.output;
  run = run_client("tests/package/clients/smollm2_ids.py", {directory.path(), test::kSmolLm2});
  EXPECT_EQ(run.status, 0) << run.output;
}

/// Random decoders of transformers, written by rift in each type of numbers and loaded by transformers and gguf-py.
TEST(GgufClient, TransformersLoadsTheDecodersThatRiftWrites) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const TempDirectory directory;
  std::vector<fs::path> folders;
  for (const char* name : {"gemma3", "gpt2", "llama", "mistral_model", "smollm", "qwen2", "qwen3"}) {
    folders.push_back(directory.folder(name));
    const std::string lists = std::string(name) == "mistral_model" ? "llama" : name;
    write_gguf_tokenizer(checkpoint::open_hf_directory(test::gguf_fixture(lists)), folders.back());
  }
  auto run = run_client("tests/package/clients/make_decoders.py", folders);
  ASSERT_EQ(run.status, 0) << run.output;
  for (const fs::path& folder : folders) {
    for (const auto& [numbers, name] : enum_names(FloatType{})) {
      const fs::path file = folder / (std::string(name) + ".gguf");
      test::convert_to_gguf(folder, directory / "new.gguf", numbers);
      fs::rename(directory / "new.gguf", file);
      write_ids(*load_tokenizer(file), golden_texts(), folder / (std::string(name) + ".json"));
      write_ids(*encode::text::load_tokenizer(folder), golden_texts(), folder / "ids.json");
      EXPECT_EQ(read_file(folder / (std::string(name) + ".json")), read_file(folder / "ids.json")) << file;
    }
  }
  run = run_client("tests/package/clients/load_decoders.py", folders);
  EXPECT_EQ(run.status, 0) << run.output;
}

TEST(GgufClient, GgufPyFindsTheRopeScalingThatTransformersReadsInTheConfig) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const TempDirectory directory;
  std::vector<fs::path> folders;
  const auto add = [&](const char* fixture, const char* name, const char* scaling) {
    const fs::path made = test::hf_directory(directory, fixture, [&](Json& config) {
      config["rope_theta"] = 500'000.0;
      config["rope_scaling"] = parse_json(scaling, "rope_scaling");
    });
    folders.push_back(directory / name);
    fs::rename(made, folders.back());
    test::convert_to_gguf(folders.back(), directory / "new.gguf", FloatType::kF16);
    fs::rename(directory / "new.gguf", folders.back() / "out.gguf");
  };
  add("llama", "linear", R"({"rope_type": "linear", "factor": 4.0})");
  add("llama", "linear_of_old", R"({"type": "linear", "factor": 4.0})");
  add("qwen2", "yarn", R"({"rope_type": "yarn", "factor": 4.0})");
  add("qwen3", "yarn_of_old", R"({"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64,
                                  "beta_fast": 8.0, "beta_slow": 2.0})");
  for (const char* key : {"type", "rope_type"}) {
    const std::string text =
        fmt::format(R"({{"{}": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                        "original_max_position_embeddings": 8192}})",
                    key);
    add("llama", key, text.c_str());
  }
  const auto run = run_client("tests/package/clients/rope_scaling_keys.py", folders);
  EXPECT_EQ(run.status, 0) << run.output;
}

}  // namespace
}  // namespace rift::package
