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
              HasSubstr("this is no package of rift"));
}

}  // namespace
}  // namespace rift::package
