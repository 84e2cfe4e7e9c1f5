#include "rift/package/gguf_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/gguf_variant.h"
#include "rift/base/files.h"
#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/gguf/model.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/package/model_tokenizer.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using checkpoint::FloatType;
using checkpoint::GgufModel;
using test::failure;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// A fixture as a Hugging Face directory; `change` may change its config, `leave_out` a tensor.
fs::path hf_directory(const TempDirectory& directory, const char* name, const std::function<void(Json&)>& change = {},
                      const std::string& leave_out = "") {
  const fs::path folder = directory.folder(name);
  const GgufModel model = GgufModel::open(test::gguf_fixture(name));
  Json config = model.config();
  if (change) change(config);
  write_file_atomic(folder / "config.json", to_json_text(config));
  checkpoint::TensorMap tensors = checkpoint::read_tensors(model, {.floats_as_f32 = true});
  tensors.erase(leave_out);
  tensors.emplace("score.weight", tensors.begin()->second.clone());  // what a fine-tuned model has beside
  checkpoint::write_tensors(folder / "model.safetensors", tensors);
  write_gguf_tokenizer(checkpoint::open_hf_directory(test::gguf_fixture(name)), folder);
  return folder;
}

class GgufExport : public testing::TestWithParam<const char*> {};

TEST_P(GgufExport, ReadBackHasTheSameTensorsAndConfig) {
  const TempDirectory directory;
  export_gguf(hf_directory(directory, GetParam()), directory / "out.gguf", FloatType::kF32);
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

std::string refused(const char* name, const std::function<void(Json&)>& change, const std::string& leave_out = "") {
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, name, change, leave_out);
  const std::string message = failure([&] { export_gguf(model, directory / "out.gguf", FloatType::kF16); });
  EXPECT_FALSE(fs::exists(directory / "out.gguf"));
  EXPECT_FALSE(fs::exists(directory / "out.gguf.part"));
  return message;
}

TEST(ExportGguf, EncodersAreRefusedWithWhatIsPossible) {
  EXPECT_THAT(refused("bert", {}), AllOf(StartsWith("unsupported"), HasSubstr("type 'bert' is not written as GGUF"),
                                         HasSubstr("llama, mistral, qwen2"), HasSubstr("--format hf")));
}

TEST(ExportGguf, SettingsThatAFileCannotSayAreRefusedByName) {
  EXPECT_THAT(refused("llama", [](Json& config) { config["hidden_act"] = "gelu"; }),
              AllOf(StartsWith("unsupported"), HasSubstr("hidden_act: \"gelu\" cannot be said")));
  EXPECT_THAT(refused("gemma3", [](Json& config) { config["rope_local_base_freq"] = 5000.0; }),
              AllOf(StartsWith("unsupported"), HasSubstr("rope_local_base_freq")));
  EXPECT_THAT(refused("llama",
                      [](Json& config) {
                        config["model_type"] = "mistral";
                        config["sliding_window"] = 16;
                      }),
              AllOf(StartsWith("unsupported"), HasSubstr("sliding_window")));
  EXPECT_THAT(refused("llama",
                      [](Json& config) {
                        config["rope_scaling"] = Json{{"rope_type", "longrope"}, {"factor", 2.0}};
                      }),
              AllOf(StartsWith("unsupported"), HasSubstr("rope_scaling")));
  EXPECT_THAT(refused("llama", {}, "lm_head.weight"),
              AllOf(StartsWith("artefact"), HasSubstr("there is no lm_head.weight")));
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
    EXPECT_THAT(refused("llama", scaled("num_attention_heads", heads)),
                AllOf(StartsWith("artefact"), HasSubstr("num_attention_heads: expected a whole number from 1 to")));
  EXPECT_THAT(refused("llama", scaled("num_attention_heads", 100)), HasSubstr("100 heads of a width of 32"));
  EXPECT_THAT(refused("llama", scaled("head_dim", 1'000'000'000'000)),
              AllOf(StartsWith("artefact"), HasSubstr("head_dim: expected a whole number from 1 to")));
}

TEST(ExportGguf, ValuesBeyondTheScalesOfQ8AreRefused) {
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, "llama");
  checkpoint::TensorMap tensors = checkpoint::read_tensors(*checkpoint::open_archive(model / "model.safetensors"));
  tensors.at("model.embed_tokens.weight")[3][1] = 1e9;
  checkpoint::write_tensors(model / "model.safetensors", tensors);
  EXPECT_THAT(failure([&] { export_gguf(model, directory / "out.gguf", FloatType::kQ8_0); }),
              AllOf(StartsWith("artefact"), HasSubstr("beyond what Q8_0 can hold")));
  EXPECT_EQ(directory.names(), std::vector<std::string>{"llama"});
}

TEST(ExportGguf, LeavesFilesOfOthersAlone) {
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, "llama");
  directory.write("out.gguf.part", "of a download");
  export_gguf(model, directory / "out.gguf", FloatType::kF16);
  EXPECT_EQ(test::text_of(directory / "out.gguf.part"), "of a download");
  directory.write("other.gguf.part", "of another");
  directory.write("llama/model.safetensors", "broken");
  EXPECT_THAT(failure([&] { export_gguf(model, directory / "other.gguf", FloatType::kF16); }), StartsWith("artefact"));
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

}  // namespace
}  // namespace rift::package
