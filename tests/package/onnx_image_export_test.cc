#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/base/files.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/package/export.h"
#include "support/failure.h"
#include "support/temp_directory.h"

// What cannot become an ONNX file of an image model. What can: onnx_image_client_test.cc.
namespace rift::package {
namespace {

namespace fs = std::filesystem;
using test::failure;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const fs::path kFixtures = "tests/models/fixtures";

std::string refusal(const fs::path& model, const TempDirectory& directory) {
  std::string said = failure([&] { export_package(model, ExportFormat::kOnnx, directory / "out"); });
  EXPECT_FALSE(fs::exists(directory / "out"));
  return said;
}

/// The fixture of a ViT without one of its tensors.
fs::path vit_without(const std::string& tensor, const TempDirectory& directory) {
  const fs::path to = directory.folder("vit");
  fs::copy_file(kFixtures / "tiny_vit/config.json", to / "config.json");
  auto tensors = checkpoint::read_tensors(kFixtures / "tiny_vit/model.safetensors");
  EXPECT_EQ(tensors.erase(tensor), 1u);
  checkpoint::write_tensors(to / "model.safetensors", tensors);
  return to;
}

TEST(OnnxImageExport, WeightsWithoutAClassHeadAreRefused) {
  const TempDirectory directory;
  EXPECT_THAT(refusal(vit_without("classifier.weight", directory), directory),
              AllOf(StartsWith("unsupported"), HasSubstr("no class head ('classifier.weight' of width 32)"),
                    HasSubstr("trained to classify")));
}

TEST(OnnxImageExport, WeightsWithHalfAClassHeadAreRefused) {
  const TempDirectory directory;
  EXPECT_THAT(refusal(vit_without("classifier.bias", directory), directory), HasSubstr("classifier.bias"));
}

TEST(OnnxImageExport, FilesThatAreNoImageModelAreRefusedByName) {
  const TempDirectory directory;
  EXPECT_THAT(refusal(directory.write("notes.txt", "x"), directory), HasSubstr("notes.txt"));
  EXPECT_THAT(refusal(directory / "nothing", directory), AllOf(StartsWith("artefact"), HasSubstr("nothing")));
  EXPECT_THAT(refusal(kFixtures / "tiny_bert", directory), HasSubstr("this is no package of rift"));
}

TEST(OnnxImageExport, OtherFormatsAreThoseOfPackages) {
  const TempDirectory directory;
  EXPECT_THAT(failure([&] { export_package(kFixtures / "tiny_vit", ExportFormat::kHf, directory / "out"); }),
              AllOf(StartsWith("unsupported"), HasSubstr("'vit' is a model of images, which reads no texts")));
}

/// The fixture of a ViT, to be written to.
fs::path vit(const TempDirectory& directory) {
  const fs::path to = directory.folder("vit");
  for (const char* name : {"config.json", "model.safetensors"}) fs::copy_file(kFixtures / "tiny_vit" / name, to / name);
  return to;
}

TEST(OnnxImageExport, FilesOutsideOfTheModelAreNotTaken) {
  for (const char* name : {"LICENSE", "preprocessor_config.json"}) {
    const TempDirectory directory;
    const fs::path model = vit(directory);
    directory.write("secret", "{}");
    fs::create_symlink("../secret", model / name);
    EXPECT_THAT(
        refusal(model, directory),
        AllOf(StartsWith("artefact"), HasSubstr(std::string("vit/") + name + ": leads to"), HasSubstr("outside of")));
    fs::remove(model / name);
    fs::create_symlink(name, model / name);
    EXPECT_THAT(refusal(model, directory), AllOf(StartsWith("artefact"), HasSubstr(name)));
  }
}

TEST(OnnxImageExport, PixelsThatCannotBeMadeAreRefused) {
  const TempDirectory directory;
  const fs::path model = vit(directory);
  directory.write("vit/preprocessor_config.json", R"({"size": {"height": 16, "width": 16}, "do_normalize": "often"})");
  EXPECT_THAT(refusal(model, directory), AllOf(HasSubstr("preprocessor_config.json"), HasSubstr("do_normalize")));
}

TEST(OnnxImageExport, ItsCardNamesOnnx) {
  const TempDirectory directory;
  export_package(vit(directory), ExportFormat::kOnnx, directory / "new/out");
  EXPECT_THAT(read_file(directory / "new/out/README.md"),
              AllOf(HasSubstr("library_name: onnx"), testing::Not(HasSubstr("transformers"))));
}

}  // namespace
}  // namespace rift::package
