#include <gtest/gtest.h>

#include "checkpoint/gguf_variant.h"
#include "rift/base/files.h"
#include "rift/package/embedder.h"
#include "rift/package/language_loss.h"
#include "rift/package/model_tokenizer.h"
#include "support/client.h"
#include "support/temp_directory.h"

// What transformers' language models say of texts, with the very tokens hidden: clients/language_loss.py.
namespace rift::package {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxTokens = 24;  // some texts are cut

TEST(LanguageLossClient, IsThatOfTransformersOnTheSameHiddenAndNextTokens) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const test::TempDirectory folder;
  const std::vector<std::string> names = {"bert", "gpt2", "llama", "gemma3"};  // with tokens of their own around a text
  std::vector<fs::path> words = {"make"};
  for (const std::string& name : names) {
    fs::create_directories(folder / name);
    write_gguf_tokenizer(checkpoint::open_hf_directory(test::gguf_fixture(name)), folder / name);
    words.push_back(folder / name);
  }
  const auto made = test::run_client("tests/package/clients/language_loss.py", words);
  ASSERT_EQ(made.status, 0) << made.output;

  std::vector<std::string> texts = {""};
  for (const Json& text : test::gguf_expected().at("texts").as_array()) texts.push_back(text.as_string());
  data::Texts column;
  for (const std::string& text : texts) column.append(text);
  data::Table table;
  table.rows = static_cast<int64_t>(texts.size());
  table.columns.push_back({.name = "note", .values = std::move(column)});
  data::Schema schema;
  schema.fields = {{.name = "note", .kind = data::Kind::kText, .role = data::Role::kFeature}};
  for (const std::string& name : names) {
    const LanguageLoss loss =
        Embedder({.directory = folder / name, .schema = schema, .text = {}, .max_tokens = kMaxTokens})
            .language_loss(table);
    EXPECT_EQ(loss.why_not, "") << name;
    EXPECT_EQ(loss.objective, name == "bert" ? "masked_token" : "next_token");
    EXPECT_GT(loss.tokens, table.rows) << name;
    write_file_atomic(folder / name / "loss.json", to_json_text(Json{{"texts", texts},
                                                                     {"max_tokens", kMaxTokens},
                                                                     {"tokens", loss.tokens},
                                                                     {"nats_per_token", loss.nats_per_token}}));
  }
  words.front() = "check";
  const auto checked = test::run_client("tests/package/clients/language_loss.py", words);
  EXPECT_EQ(checked.status, 0) << checked.output;
}

}  // namespace
}  // namespace rift::package
