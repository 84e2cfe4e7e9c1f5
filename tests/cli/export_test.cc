#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"
#include "support/variable.h"

// rift export --format onnx as somebody meets it who hands a model on. What the file computes:
// tests/train/onnx_client_test.cc.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// Packages of one comparison, made once.
class OnnxExport : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TempDirectory>();
    write_tiny_model(*folder_ / "tiny");
    write_plainly(*folder_ / "tiny/LICENSE", "Use it well.\n");
    std::string text = "note,income,bad\n";
    for (int i = 0; i < 80; ++i) {
      text += std::string("the loan ") + (i % 4 == 0 ? "late" : "paid") + " word" + std::to_string(9 + i % 50) + "," +
              std::to_string(1000 + 37 * (i * 7 % 80)) + (i % 4 == 0 ? ",1\n" : ",0\n");
    }
    write_plainly(*folder_ / "rows.csv", text);
    write_plainly(*folder_ / "run.yaml", R"(
data: {source: rows.csv, label: bad, columns: {note: text, income: number}}
model: {text: {backbone: tiny, max_tokens: 12}}
optim: {batch_rows: 16, epochs: 1}
compare: {models: [scorecard, fine-tuned, fusion], tries: 1}
)");
    const ProgramRun run = run_program({"compare", path("run.yaml"), "--out", path("run")});
    ASSERT_EQ(run.status, 0) << run.err;
  }
  static void TearDownTestSuite() { folder_.reset(); }

  void SetUp() override { fs::remove_all(path("out")); }

  static std::string path(const std::string& name) { return (*folder_ / name).string(); }
  static std::string package(const std::string& model) { return path("run/models/" + model + "/package"); }
  static ProgramRun export_onnx(const std::string& model, const std::string& out = path("out/onnx"),
                                const ProgramLimits& limits = {}) {
    return run_program({"export", package(model), "--format", "onnx", "--out", out, "--json"}, limits);
  }
  static std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
    return names;
  }

  static inline std::unique_ptr<TempDirectory> folder_;
};

TEST_F(OnnxExport, HoldsTheModelItsTokenizerAndTheLicence) {
  const ProgramRun run = export_onnx("fine-tuned");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(parse_json(run.out, "stdout").at("out").as_string(), path("out/onnx"));
  EXPECT_THAT(names_in(path("out/onnx")),
              testing::UnorderedElementsAre("model.onnx", "config.json", "vocab.txt", "tokenizer_config.json",
                                            "README.md", "LICENSE"));
  for (const char* name : {"config.json", "vocab.txt", "tokenizer_config.json", "README.md", "LICENSE"}) {
    EXPECT_EQ(text_of(path("out/onnx") + "/" + name), text_of(package("fine-tuned") + "/" + name)) << name;
  }
}

TEST_F(OnnxExport, GivesTheSameBytesForTheSamePackage) {
  ASSERT_EQ(export_onnx("fine-tuned").status, 0);
  ASSERT_EQ(export_onnx("fine-tuned", path("out/again")).status, 0);
  EXPECT_EQ(text_of(path("out/onnx/model.onnx")), text_of(path("out/again/model.onnx")));
}

TEST_F(OnnxExport, NeverTakesThePlaceOfWhatIsThere) {
  write_plainly(path("out/onnx/notes.txt"), "mine");
  const ProgramRun run = export_onnx("fine-tuned");
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("it is there already"));
  EXPECT_THAT(names_in(path("out/onnx")), testing::ElementsAre("notes.txt"));
}

TEST_F(OnnxExport, AFileNameIsRefusedAsADirectoryIsWritten) {
  const ProgramRun run = export_onnx("fine-tuned", path("out/model.onnx"));
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("expected a new directory"));
  EXPECT_FALSE(fs::exists(path("out/model.onnx")));
}

TEST_F(OnnxExport, AFullDiskLeavesNothingBehind) {
  fs::create_directories(path("out"));
  const ProgramRun run = export_onnx("fine-tuned", path("out/onnx"), {.file_bytes = 8192});
  EXPECT_EQ(run.status, 6) << run.err;
  EXPECT_THAT(run.err, HasSubstr("model.onnx"));
  EXPECT_THAT(names_in(path("out")), testing::IsEmpty());
}

TEST_F(OnnxExport, WhatIsNoLanguageModelAloneIsRefusedWithWhatToDo) {
  const ProgramRun scorecard = export_onnx("scorecard");
  EXPECT_EQ(scorecard.status, 2);
  EXPECT_THAT(scorecard.err, AllOf(HasSubstr("the package holds no text model"), HasSubstr("scorecard.json")));
  const ProgramRun fusion = export_onnx("fusion");
  EXPECT_EQ(fusion.status, 2);
  EXPECT_THAT(fusion.err, AllOf(HasSubstr("a fusion has no ONNX graph"), HasSubstr("models/fine-tuned/package")));
  EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(OnnxExport, OfAnImageModelIsWrittenOutOfItsDirectory) {
  fs::copy("tests/models/fixtures/tiny_vit", path("vit"));
  write_plainly(path("vit/LICENSE"), "Use it well.\n");
  write_plainly(path("vit/preprocessor_config.json"), R"({"size": {"height": 16, "width": 16}})");
  const ProgramRun run = run_program({"export", path("vit"), "--format", "onnx", "--out", path("out/onnx")});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(
      names_in(path("out/onnx")),
      testing::UnorderedElementsAre("model.onnx", "config.json", "preprocessor_config.json", "README.md", "LICENSE"));
  const std::string bytes = text_of(path("out/onnx/model.onnx"));
  EXPECT_THAT(bytes, AllOf(HasSubstr("pixel_values"), HasSubstr(R"(["LABEL_0"])"), HasSubstr("rift.pretrained")));
  EXPECT_EQ(parse_json(text_of(path("out/onnx/config.json")), "config.json").at("model_type").as_string(), "vit");
}

TEST_F(OnnxExport, AModelMayBeNamedAsOtherVerbsTakeIt) {
  fs::create_directories(path("models"));
  fs::copy("tests/models/fixtures/tiny_vit", path("models/tiny-vit"));
  const Variable models("RIFT_MODELS", path("models"));
  const ProgramRun run = run_program({"export", "tiny-vit", "--format", "onnx", "--out", path("out/onnx")});
  EXPECT_EQ(run.status, 0) << run.err;
  const ProgramRun none = run_program({"export", "no-such", "--format", "onnx", "--out", path("out/onnx2")});
  EXPECT_EQ(none.status, 4);
  EXPECT_THAT(none.err, HasSubstr("rift models list shows what is here"));
}

TEST_F(OnnxExport, GgufOfWhatWasNeverTunedIsLeftToConvert) {
  const ProgramRun run = run_program({"export", path("tiny"), "--format", "gguf", "--out", path("out/m.gguf")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("no package of rift"),
                             HasSubstr("rift models convert " + path("tiny") + " --to gguf --dtype f16 --out ")));
}

TEST_F(OnnxExport, ATextModelThatWasNeverTunedIsRefused) {
  const ProgramRun text = run_program({"export", path("tiny"), "--format", "onnx", "--out", path("out/onnx")});
  EXPECT_EQ(text.status, 4);
  EXPECT_THAT(text.err, HasSubstr("this is no package of rift"));
  EXPECT_FALSE(fs::exists(path("out")));
}

}  // namespace
}  // namespace rift::test
