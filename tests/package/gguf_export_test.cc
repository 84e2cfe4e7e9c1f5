#include "rift/package/gguf_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "package/gguf_directory.h"
#include "rift/base/files.h"
#include "rift/checkpoint/archive.h"
#include "rift/package/format/manifest.h"
#include "rift/package/language_head.h"
#include "support/failure.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using checkpoint::FloatType;
using checkpoint::GgufModel;
using test::convert_to_gguf;
using test::failure;
using test::hf_directory;
using test::refused_gguf;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class GgufExport : public testing::TestWithParam<const char*> {};

TEST_P(GgufExport, ReadBackHasTheSameTensorsAndConfig) {
  const TempDirectory directory;
  convert_to_gguf(hf_directory(directory, GetParam()), directory / "out.gguf", FloatType::kF32);
  const GgufModel given = GgufModel::open(test::gguf_fixture(GetParam())),
                  got = GgufModel::open(directory / "out.gguf");
  EXPECT_EQ(got.config(), given.config());
  EXPECT_EQ(got.tensors().size(), given.tensors().size());
  for (const auto& tensor : given.tensors()) {
    const auto values = checkpoint::read_tensor(given, tensor, {.floats_as_f32 = true});
    const auto again = checkpoint::read_tensor(got, got.at(tensor.name));
    if (tensor.name.find("norm") == std::string::npos) {
      EXPECT_TRUE(again.equal(values)) << tensor.name;
    } else {
      EXPECT_TRUE(again.allclose(values, 0, 1e-6)) << tensor.name;  // Gemma's: less one and one again
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Decoders, GgufExport, testing::Values("gemma3", "gpt2", "llama", "smollm", "qwen2", "qwen3"),
                         [](const auto& info) { return std::string(info.param); });

TEST(ExportGguf, EncodersAreRefusedWithWhatIsPossible) {
  EXPECT_THAT(refused_gguf("bert", {}),
              AllOf(StartsWith("unsupported"), HasSubstr("type 'bert' is not written as GGUF"),
                    HasSubstr("llama, mistral, qwen2"), HasSubstr("--format hf")));
}

TEST(ExportGguf, SettingsThatAFileCannotSayAreRefusedByName) {
  EXPECT_THAT(refused_gguf("llama", [](Json& config) { config["hidden_act"] = "gelu"; }),
              AllOf(StartsWith("unsupported"), HasSubstr("hidden_act: \"gelu\" cannot be said")));
  EXPECT_THAT(refused_gguf("gemma3", [](Json& config) { config["rope_local_base_freq"] = 5000.0; }),
              AllOf(StartsWith("unsupported"), HasSubstr("rope_local_base_freq")));
  EXPECT_THAT(refused_gguf("llama",
                           [](Json& config) {
                             config["model_type"] = "mistral";
                             config["sliding_window"] = 16;
                           }),
              AllOf(StartsWith("unsupported"), HasSubstr("sliding_window")));
  EXPECT_THAT(refused_gguf("llama",
                           [](Json& config) {
                             config["rope_scaling"] = Json{{"rope_type", "longrope"}, {"factor", 2.0}};
                           }),
              AllOf(StartsWith("unsupported"), HasSubstr("rope_scaling")));
  EXPECT_THAT(refused_gguf("llama", {}, "lm_head.weight"),
              AllOf(StartsWith("artefact"), HasSubstr("there is no lm_head.weight"), HasSubstr("ForCausalLM")));
}

TEST(ExportGguf, SizesOutOfRangeAreRefusedByName) {
  const auto scaled = [](const char* key, int64_t value) {
    return [=](Json& config) {
      config["rope_scaling"] = Json{{"rope_type", "llama3"},
                                    {"factor", 8.0},
                                    {"low_freq_factor", 1.0},
                                    {"high_freq_factor", 4.0},
                                    {"original_max_position_embeddings", 8192}};
      config["head_dim"] = Json();
      config[key] = value;
    };
  };
  for (const int64_t heads : {int64_t{0}, int64_t{-4}, int64_t{1} << 62})
    EXPECT_THAT(refused_gguf("llama", scaled("num_attention_heads", heads)),
                AllOf(StartsWith("artefact"), HasSubstr("num_attention_heads: expected")));
  EXPECT_THAT(refused_gguf("llama", scaled("num_attention_heads", 100)),
              HasSubstr("num_attention_heads: 100 does not divide the width 32"));
  EXPECT_THAT(refused_gguf("llama", scaled("head_dim", 1'000'000'000'000)),
              AllOf(StartsWith("artefact"), HasSubstr("head_dim: expected")));
}

TEST(ExportGguf, ValuesBeyondTheScalesOfQ8AreRefused) {
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, "llama");
  checkpoint::TensorMap tensors = checkpoint::read_tensors(*checkpoint::open_archive(model / "model.safetensors"));
  tensors.at("model.embed_tokens.weight")[3][1] = 1e9;
  checkpoint::write_tensors(model / "model.safetensors", tensors);
  EXPECT_THAT(failure([&] { convert_to_gguf(model, directory / "out.gguf", FloatType::kQ8_0); }),
              AllOf(StartsWith("artefact"), HasSubstr("beyond what Q8_0 can hold")));
  EXPECT_EQ(directory.names(), std::vector<std::string>{"llama"});
}

TEST(ExportGguf, LeavesFilesOfOthersAlone) {
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, "llama");
  directory.write("out.gguf.part", "of a download");
  convert_to_gguf(model, directory / "out.gguf", FloatType::kF16);
  EXPECT_EQ(test::text_of(directory / "out.gguf.part"), "of a download");
  directory.write("other.gguf.part", "of another");
  directory.write("llama/model.safetensors", "broken");
  EXPECT_THAT(failure([&] { convert_to_gguf(model, directory / "other.gguf", FloatType::kF16); }),
              StartsWith("artefact"));
  EXPECT_EQ(test::text_of(directory / "other.gguf.part"), "of another");
}

TEST(ExportGguf, TheFileHasToBeNewAndOfItsEnding) {
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, "llama");
  EXPECT_THAT(failure([&] { export_gguf(model, directory / "out.bin", FloatType::kF16); }),
              AllOf(StartsWith("configuration"), HasSubstr("ends in .gguf")));
  directory.write("out.gguf", "");
  EXPECT_THAT(failure([&] { export_gguf(model, directory / "out.gguf", FloatType::kF16); }),
              AllOf(StartsWith("configuration"), HasSubstr("it is there already")));
}

TEST(ExportGguf, AModelThatIsNoPackageIsSentToConvert) {
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, "llama");
  const auto message = [&](const fs::path& source) {
    return failure([&] { export_gguf(source, directory / "out.gguf", FloatType::kQ8_0); });
  };
  for (const fs::path& source : {model, fs::path(test::gguf_fixture("llama"))}) {
    EXPECT_THAT(message(source), AllOf(StartsWith("unsupported"), HasSubstr("no package of rift"),
                                       HasSubstr("rift models convert " + source.string() + " --to gguf --dtype q8_0"),
                                       HasSubstr("--out " + (directory / "out.gguf").string())));
  }
}

/// A package of the model in `folder`, whose language head lies beside its weights.
void make_package(const fs::path& folder) {
  checkpoint::TensorMap tensors = checkpoint::read_tensors(folder / "model.safetensors");
  const auto head = tensors.extract("lm_head.weight");
  checkpoint::write_tensors(folder / "model.safetensors", tensors);
  if (!head.empty()) {
    checkpoint::write_tensors(folder / kLanguageHeadFile, checkpoint::TensorMap{{head.key(), head.mapped()}});
  }
  write_file_atomic(folder / "rift.json", "{}");
  write_manifest(folder);
}

TEST(ExportGguf, APackageGivesTheFileOfItsModelWithTheLanguageHeadBesideIt) {
  for (const char* name : {"llama", "smollm"}) {  // untied, tied
    const TempDirectory directory;
    const fs::path model = hf_directory(directory, name);
    convert_to_gguf(model, directory / "plain.gguf", FloatType::kF16);
    make_package(model);
    EXPECT_EQ(fs::exists(model / kLanguageHeadFile), name == std::string("llama"));
    export_gguf(model, directory / "package.gguf", FloatType::kF16);
    const GgufModel plain = GgufModel::open(directory / "plain.gguf"),
                    package = GgufModel::open(directory / "package.gguf");
    EXPECT_EQ(package.config(), plain.config());
    ASSERT_EQ(package.tensors().size(), plain.tensors().size());
    for (const auto& tensor : plain.tensors()) {
      EXPECT_TRUE(checkpoint::read_tensor(package, package.at(tensor.name), {})
                      .equal(checkpoint::read_tensor(plain, tensor, {})))
          << tensor.name;
    }
  }
}

TEST(ExportGguf, PackagesThatAreNotWholeAreRefused) {
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, "llama");
  const auto message = [&] {
    write_manifest(model);
    return failure([&] { export_gguf(model, directory / "out.gguf", FloatType::kF16); });
  };
  make_package(model);
  fs::remove(model / kLanguageHeadFile);
  EXPECT_THAT(message(), AllOf(StartsWith("artefact"), HasSubstr("there is no lm_head.weight"),
                               HasSubstr("train the package again")));
  directory.folder("llama/adapter");
  directory.write("llama/adapter/tuning.json", "{}");
  EXPECT_THAT(message(), AllOf(StartsWith("unsupported"), HasSubstr("stands beside the pretrained weights"),
                               HasSubstr("--format gguf would leave it out"), HasSubstr("--format peft")));
  fs::remove(model / "model.safetensors");
  EXPECT_THAT(message(), AllOf(StartsWith("unsupported"), HasSubstr("holds no text model")));
  directory.write("llama/config.json", "changed");
  EXPECT_THAT(failure([&] { export_gguf(model, directory / "out.gguf", FloatType::kF16); }), StartsWith("artefact"));
}

TEST(ExportGguf, ATokenizerThatTheListsCannotHoldIsRefusedWithItsFileAndWhatThereIsInstead) {
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, "llama");
  fs::remove(model / "tokenizer.json");
  write_gguf_tokenizer(checkpoint::open_hf_directory(test::gguf_fixture("bert")), model);
  EXPECT_THAT(failure([&] { convert_to_gguf(model, directory / "out.gguf", FloatType::kF16); }),
              AllOf(StartsWith("unsupported"), HasSubstr("tokenizer.json: this tokenizer is not written as GGUF"),
                    HasSubstr("rift models convert --to safetensors")));
}

}  // namespace
}  // namespace rift::package
