// Vectors of rift embed beside those of sentence-transformers and transformers: clients/embeddings.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/tiny_model.h"
#include "package/small_dataset.h"
#include "rift/base/files.h"
#include "rift/base/progress.h"
#include "rift/study/compare.h"
#include "rift/study/files/embed_file.h"
#include "support/client.h"
#include "support/outside_data.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;
using models::Pooling;
using test::TempDirectory;

constexpr int kNotInstalled = 77;  // of clients/embeddings.py

class EmbedClient : public testing::Test {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_CLIENTS();
    set_progress_style(ProgressStyle::kSilent);
    std::string text;
    for (int i = 0; i < 40; ++i) {
      for (int word = 0; word <= i % 12; ++word)
        text += std::vector{"loan ", "late ", "paid ", "the ", "unheard "}[(i + word) % 5];
      text += i % 7 == 0 ? "\n" : "!\n";
    }
    text += "\n" + std::string(3000, 'a') + " b\n";
    for (int i = 0; i < 400; ++i) text += "The borrower repaid the loan " + std::to_string(i) + " days late. ";
    folder_.write("lines.txt", text + "\n");
  }
  void embed(const std::string& name, EmbedFileSpec spec, const std::string& reference) {
    spec.source = (folder_ / "lines.txt").string();
    spec.out = (folder_ / (name + ".parquet")).string();
    const EmbedFileResult result = embed_file(spec);
    jobs_.push_back(Json{{"model", fs::absolute(spec.model).string()},
                         {"vectors", name + ".parquet"},
                         {"pooling", result.pooling},
                         {"unit_length", result.unit_length},
                         {"max_tokens", result.max_tokens},
                         {"truncated", result.truncated},
                         {"reference", reference}});
  }
  void compare() {
    folder_.write("jobs.json", to_json_text(jobs_));
    const auto run = test::run_client("tests/study/clients/embeddings.py", {folder_.path()});
    if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == kNotInstalled) GTEST_SKIP() << run.output;
    EXPECT_EQ(run.status, 0) << run.output;
  }
  TempDirectory folder_;
  Json jobs_ = Json::array();
};

TEST_F(EmbedClient, MiniLmGivesTheVectorsOfSentenceTransformers) {
  RIFT_SKIP_WITHOUT_MINILM();
  embed("minilm", {.model = test::kMiniLm}, "sentence_transformers");
  compare();
}

TEST_F(EmbedClient, EveryFormOfTheLibrarysFilesGivesItsVectors) {
  struct Form {
    const char* name;
    const char* pooling;
    const char* encoder;
  };
  for (const Form& form : std::vector<Form>{
           {"version_5", R"({"embedding_dimension": 32, "pooling_mode": "mean", "include_prompt": true})",
            R"({"transformer_task": "feature-extraction", "module_output_name": "token_embeddings"})"},
           {"in_a_list", R"({"embedding_dimension": 32, "pooling_mode": ["cls"]})", R"({"max_seq_length": 12})"},
           {"no_mode", R"({"word_embedding_dimension": 32})", R"({"max_seq_length": 20, "do_lower_case": false})"},
           {"version_2", R"({"word_embedding_dimension": 32, "pooling_mode_lasttoken": true})", "{}"}}) {
    const fs::path model = folder_.folder(form.name);
    test::write_tiny_model(model);
    const auto write = [&](const char* file, const std::string& text) {
      folder_.write(std::string(form.name) + "/" + file, text);
    };
    write("modules.json",
          R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
              {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
    write("1_Pooling/config.json", form.pooling);
    write("sentence_bert_config.json", form.encoder);
    write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "model_max_length": 9})");
    embed(form.name, {.model = model.string()}, "sentence_transformers");
  }
  compare();
}

TEST_F(EmbedClient, EveryPoolingGivesTheVectorsOfTransformers) {
  test::write_tiny_model(folder_.folder("bert"));
  for (const char* name : {"distilbert", "electra"}) {
    const TempDirectory made;
    fs::copy(test::encoder_backbone(made, name), folder_ / name);
  }
  for (const char* model : {"bert", "distilbert", "electra"}) {
    for (const Pooling pooling : {Pooling::kCls, Pooling::kMean, Pooling::kLast, Pooling::kPooler}) {
      if (pooling == Pooling::kPooler && std::string(model) != "bert") continue;
      EmbedFileSpec spec{.model = (folder_ / model).string()};
      spec.pooling = pooling;
      embed(std::string(model) + "_" + std::string(name_of(pooling)), spec, "transformers");
    }
  }
  EmbedFileSpec unit{.model = (folder_ / "bert").string()};
  unit.length = package::EmbedderSpec::Length::kUnit;
  embed("bert_unit", unit, "transformers");
  compare();
}

TEST_F(EmbedClient, EveryArchitectureGivesTheVectorsOfTransformers) {
  const fs::path data = test::test_data();
  RIFT_SKIP_WITHOUT(test::real_data("financial_phrasebank"));
  const auto make = [](const std::string& script, const std::vector<fs::path>& arguments) {
    const auto made = test::run_client(script, arguments);
    ASSERT_EQ(made.status, 0) << made.output;
  };
  make("tests/cli/clients/encoders.py", {"make", folder_.path(), data});
  constexpr std::array kDecoders = {"gpt2", "llama", "mistral", "qwen2", "qwen3", "gemma3"};
  for (const char* name : kDecoders)
    make("tests/cli/clients/make_decoder.py", {folder_ / name, name, folder_ / "sentences.tsv"});
  for (const char* name : {"roberta", "xlm_roberta", "distilbert", "electra", "modernbert"}) {
    EmbedFileSpec spec{.model = (folder_ / name).string()};
    spec.pooling = Pooling::kMean;
    embed(name, spec, "transformers");
  }
  for (const char* name : kDecoders) {
    EmbedFileSpec spec{.model = (folder_ / name).string()};
    spec.pooling = Pooling::kLast;
    embed(name, spec, "transformers");
  }
  compare();
}

TEST_F(EmbedClient, APackageGivesTheVectorsOfItsOwnFiles) {
  std::string csv = "row,note,outcome\n";
  const data::Dataset dataset = test::small_dataset(120);
  std::string lines;
  for (int64_t row = 0; row < dataset.rows(); ++row) {
    const std::string note(*dataset.table.at("note").texts().get(row));
    csv +=
        "r" + std::to_string(row) + "," + note + (dataset.label[static_cast<size_t>(row)] > 0 ? ",late\n" : ",good\n");
    lines += note + "\n";
  }
  folder_.write("rows.csv", csv);
  folder_.write("lines.txt", lines);
  folder_.write("run.yaml", R"(
data: {source: rows.csv, id: row, label: {column: outcome, positive: [late]}, columns: {note: text}}
split: {kind: stratified, test: 0.2, validation: 0.2}
model: {text: {backbone: base, max_tokens: 12, pooling: mean}}
optim: {lr: 5.0e-3, batch_rows: 8, epochs: 1}
)");
  test::small_backbone(folder_);
  StudySpec study;
  study.run_file = folder_ / "run.yaml";
  study.options = read_run(study.run_file, {});
  study.directory = folder_ / "run";
  run_train(study);
  const EmbedFileResult result = embed_file({.model = (folder_ / "run/package").string(),
                                             .source = (folder_ / "rows.csv").string(),
                                             .out = (folder_ / "package.parquet").string()});
  EXPECT_EQ(result.pooling, "mean");
  EXPECT_EQ(result.max_tokens, 12);
  jobs_.push_back(Json{{"model", (folder_ / "run/package").string()},
                       {"vectors", "package.parquet"},
                       {"pooling", "mean"},
                       {"unit_length", false},
                       {"max_tokens", 12},
                       {"truncated", result.truncated},
                       {"ids", "r"},
                       {"reference", "sentence_transformers"}});
  compare();
}

}  // namespace
}  // namespace rift::study
