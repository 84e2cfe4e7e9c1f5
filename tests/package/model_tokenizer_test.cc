#include "rift/package/model_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/gguf_variant.h"
#include "rift/base/files.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using checkpoint::format::GgufKind;
using encode::text::Tokenizer;
using test::failure;
using test::gguf_expected;
using test::gguf_fixture;
using test::GgufVariant;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// Ids of the texts by the library that made each model's lists (tools/fixtures/checkpoint/gguf_models.py).
void expect_ids(const Tokenizer& tokenizer, const std::string& name) {
  const auto& texts = gguf_expected().at("texts").as_array();
  const auto& ids = gguf_expected().at("models").at(name).at("ids").as_array();
  ASSERT_EQ(texts.size(), ids.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    if (ids[i].is_null()) continue;
    encode::text::Encoding encoding;
    tokenizer.encode(texts[i].as_string(), {.max_tokens = 0}, encoding);
    EXPECT_EQ(Json(std::vector<int64_t>(encoding.ids.begin(), encoding.ids.end())), ids[i]) << name << ": " << i;
  }
}

class ModelTokenizer : public testing::TestWithParam<const char*> {};

TEST_P(ModelTokenizer, OfAGgufFileGivesTheIdsOfWhatItWasMadeFrom) {
  expect_ids(*load_tokenizer(gguf_fixture(GetParam())), GetParam());
}

TEST_P(ModelTokenizer, WrittenAsTokenizerJsonGivesThemToo) {
  const TempDirectory directory;
  write_gguf_tokenizer(checkpoint::open_hf_directory(gguf_fixture(GetParam())), directory.path());
  const auto tokenizer = encode::text::load_tokenizer(directory.path());
  expect_ids(*tokenizer, GetParam());
  EXPECT_EQ(tokenizer->vocab_size(), load_tokenizer(gguf_fixture(GetParam()))->vocab_size());
}

INSTANTIATE_TEST_SUITE_P(Gguf, ModelTokenizer,
                         testing::Values("bert", "gemma3", "gpt2", "llama", "smollm", "qwen2", "qwen3"),
                         [](const auto& info) { return std::string(info.param); });

TEST(TokenizerSettings, AreReadBesideALengthThatNobodySet) {
  const TempDirectory directory;
  checkpoint::HfDirectory model;
  model.encoder = directory.folder("model");
  EXPECT_EQ(tokenizer_settings(model), Json::object());
  write_file_atomic(model.encoder / "tokenizer_config.json",
                    R"({"model_max_length": 1000000000000000019884624838656, "eos_token": "</s>"})");
  EXPECT_EQ(tokenizer_settings(model).at("eos_token"), Json("</s>"));
}

TEST(LoadTokenizer, FilesBesideAGgufFileComeFirst) {
  const TempDirectory directory;
  fs::copy_file(gguf_fixture("bert"), directory.folder("model") / "bert.gguf");
  EXPECT_EQ(load_tokenizer(directory / "model")->vocab_size(), 150);
  directory.write("model/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nloan\n");
  EXPECT_EQ(load_tokenizer(directory / "model")->vocab_size(), 6);
  const TempDirectory target;
  write_gguf_tokenizer(checkpoint::open_hf_directory(directory / "model"), target.path());
  EXPECT_TRUE(fs::is_empty(target.path()));
}

TEST(LoadTokenizer, ADirectoryWithATokenizerAloneWillDo) {
  const TempDirectory directory;
  directory.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nloan\n");
  EXPECT_EQ(load_tokenizer(directory.path())->vocab_size(), 6);
}

/// The message of a file that differs from a fixture in what `change` does.
template <class Change>
std::string refused(const char* name, Change change) {
  const TempDirectory directory;
  GgufVariant variant(name);
  change(variant);
  const fs::path file = variant.write(directory / "model.gguf");
  return failure([&] { load_tokenizer(file); });
}

TEST(LoadTokenizer, GgufListsThatDoNotFitAreRefused) {
  EXPECT_THAT(refused("llama", [](auto& v) { v.erase("tokenizer.ggml.model"); }),
              AllOf(StartsWith("artefact"), HasSubstr("there is no tokenizer in it"), HasSubstr("tokenizer.json")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("tokenizer.ggml.model", "t5"); }),
              AllOf(StartsWith("unsupported"), HasSubstr("tokenizer.ggml.model 't5'")));
  EXPECT_THAT(refused("gpt2", [](auto& v) { v.set("tokenizer.ggml.pre", "tekken"); }),
              AllOf(StartsWith("unsupported"), HasSubstr("tokenizer.ggml.pre 'tekken'")));
  EXPECT_THAT(refused("llama",
                      [](auto& v) {
                        v.set("tokenizer.ggml.scores", {GgufKind::kF32, std::vector<double>{0.0, 1.0}});
                      }),
              AllOf(StartsWith("artefact"), HasSubstr("not as many scores as tokens")));
  EXPECT_THAT(refused("llama",
                      [](auto& v) {
                        v.set("tokenizer.ggml.token_type", {GgufKind::kI32, std::vector<int64_t>{1, 1, 1}});
                      }),
              AllOf(StartsWith("artefact"), HasSubstr("not as many token types as tokens")));
  EXPECT_THAT(refused("llama",
                      [](auto& v) {
                        v.set("tokenizer.ggml.scores", {GgufKind::kText, std::vector<std::string>{"high"}});
                      }),
              AllOf(StartsWith("artefact"), HasSubstr("'tokenizer.ggml.scores': expected a list of f32")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("tokenizer.ggml.bos_token_id", uint64_t{99'999}); }),
              AllOf(StartsWith("artefact"), HasSubstr("id 99999")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("tokenizer.ggml.add_bos_token", uint64_t{1}); }),
              AllOf(StartsWith("artefact"), HasSubstr("'tokenizer.ggml.add_bos_token': expected true or false")));
  EXPECT_THAT(refused("bert", [](auto& v) { v.erase("tokenizer.ggml.seperator_token_id"); }),
              AllOf(StartsWith("artefact"), HasSubstr("seperator_token_id")));
}

}  // namespace
}  // namespace rift::package
