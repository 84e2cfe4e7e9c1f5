#include "rift/package/gguf_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/gguf_variant.h"
#include "rift/base/files.h"
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
