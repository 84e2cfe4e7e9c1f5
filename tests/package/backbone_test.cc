#include "rift/package/backbone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "support/failure.h"
#include "support/temp_directory.h"
#include "support/variable.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using test::failure;
using test::TempDirectory;
using test::Variable;
using testing::HasSubstr;

TEST(Backbone, EmptyIsThePackagedModel) {
  const TempDirectory directory;
  const Variable variable("RIFT_MODELS", directory.path());
  EXPECT_THAT(failure([] { resolve_backbone("", {}); }),
              testing::AllOf(testing::StartsWith("artefact: "), HasSubstr("make setup"), HasSubstr("RIFT_MODELS")));
  directory.folder("all-MiniLM-L6-v2");
  EXPECT_EQ(resolve_backbone("", {}), directory / "all-MiniLM-L6-v2");
}

TEST(Backbone, RunYamlsFolderComesBeforeTheModelsFolder) {
  const TempDirectory directory;
  const Variable variable("RIFT_MODELS", directory.folder("models"));
  directory.folder("models/tower");
  EXPECT_EQ(resolve_backbone("tower", directory.path()), directory / "models/tower");
  directory.folder("tower");
  EXPECT_EQ(resolve_backbone("tower", directory.path()), directory / "tower");
  EXPECT_EQ(resolve_backbone("./tower", directory.path()), directory / "tower");
}

TEST(Backbone, AnAbsolutePathIsTakenAsItIs) {
  const TempDirectory directory;
  EXPECT_EQ(resolve_backbone(directory.folder("tower").string(), "/nowhere"), directory / "tower");
}

TEST(Backbone, AGgufFileIsAModel) {
  const TempDirectory directory;
  directory.write("model.gguf", "GGUF");
  EXPECT_EQ(resolve_backbone("model.gguf", directory.path()), directory / "model.gguf");
  EXPECT_EQ(resolve_model((directory / "model.gguf").string()), directory / "model.gguf");
}

TEST(Backbone, WhatIsNotThereNamesEveryPlaceThatWasTried) {
  const TempDirectory directory;
  const Variable variable("RIFT_MODELS", directory.folder("models"));
  directory.write("file", "not a directory");
  const std::string message = failure([&] { resolve_backbone("file", directory.path()); });
  EXPECT_THAT(message, testing::StartsWith("artefact: model.text.backbone: no directory or .gguf file 'file'"));
  EXPECT_THAT(message, HasSubstr((directory / "file").string()));
  EXPECT_THAT(message, HasSubstr((directory / "models/file").string()));
}

TEST(Backbone, WhatACommandLineNamesIsToldInItsOwnWords) {
  const TempDirectory directory;
  const Variable variable("RIFT_MODELS", directory.folder("models"));
  directory.folder("models/tower");
  EXPECT_EQ(resolve_model("tower"), directory / "models/tower");
  const std::string missing = failure([] { resolve_model("nowhere"); });
  EXPECT_THAT(missing, testing::StartsWith("artefact: no directory or .gguf file 'nowhere' (tried nowhere, "));
  EXPECT_THAT(missing, testing::Not(HasSubstr("model.text.backbone")));
  directory.folder("card");
  directory.write("card/rift.json", "{}");
  EXPECT_THAT(failure([&] { resolve_model((directory / "card").string()); }),
              testing::AllOf(testing::StartsWith("unsupported: "), HasSubstr("holds no language model")));
  directory.write("card/config.json", "{}");
  EXPECT_EQ(resolve_model((directory / "card").string()), directory / "card");
}

TEST(Backbone, TheModelsFolderIsFoundFromTheProgramsOwnPlace) {
  if (!fs::exists(".deps/models")) GTEST_SKIP() << ".deps/models is not there: run 'make setup'";
  if (::getenv("RIFT_MODELS") != nullptr) GTEST_SKIP() << "RIFT_MODELS is set";
  EXPECT_TRUE(fs::equivalent(models_directory(), ".deps/models"));
}

}  // namespace
}  // namespace rift::package
