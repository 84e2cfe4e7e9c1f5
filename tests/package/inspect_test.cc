#include "rift/package/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/small_model.h"
#include "support/failure.h"

namespace rift::package {
namespace {

using test::failure;
using test::small_model;
using test::TempDirectory;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Inspect, TellsWhatIsInAModelDirectory) {
  const TempDirectory directory;
  checkpoint::write_model_directory(directory.folder("m"), small_model(directory));
  directory.write("m/README.md",
                  "---\nlanguage: en\nlicense: apache-2.0\ntags:\n- x\n---\n# Model\nlicense: not this\n");
  directory.write("m/LICENSE", "Apache License\n");
  const ModelInspection found = inspect_model(directory / "m", 3);
  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(found.architecture, "BertForSequenceClassification");
  EXPECT_EQ(found.tokenizer, "WordPiece (vocab.txt)");
  EXPECT_EQ(found.licence_of_card, "apache-2.0");
  ASSERT_EQ(found.licences.size(), 1u);
  EXPECT_EQ(found.licences[0].text, "Apache License\n");
  // embeddings (50 + 12 + 2) * 8 + 16; a layer 4 * (64 + 8) + 2 * 128 + 16 + 8 + 4 * 8; pooler 72; head 9
  EXPECT_EQ(found.parameters, 528 + 2 * 600 + 72 + 9);
  ASSERT_EQ(found.dtypes.size(), 1u);
  EXPECT_EQ(found.dtypes[0].dtype, "F32");
  EXPECT_EQ(found.dtypes[0].tensors, 41);
  ASSERT_TRUE(found.names);
  EXPECT_EQ(found.names->new_head.size(), 2u);
  EXPECT_EQ(found.names->dropped.size(), 2u);
}

TEST(Inspect, JsonCarriesTheSame) {
  const TempDirectory directory;
  checkpoint::write_model_directory(directory.folder("m"), small_model(directory));
  const ModelInspection found = inspect_model(directory / "m", 3);
  const Json json = parse_json(to_json_text(to_json(found)), "inspection");
  EXPECT_EQ(json.at("parameters").as_int(), found.parameters);
  EXPECT_EQ(json.at("shape").at("hidden_size").as_int(), 8);
  EXPECT_EQ(json.at("names").at("new_head").at(size_t{0}).at("shape"), Json(std::vector<int64_t>{3, 8}));
  EXPECT_EQ(json.at("names").at("loaded").as_int(), 39);
  EXPECT_TRUE(json.at("max_tokens").is_null());
}

TEST(Inspect, AModelThatCannotBeLoadedIsDescribedWithTheReason) {
  const TempDirectory directory;
  checkpoint::ModelDirectorySpec spec = small_model(directory);
  checkpoint::write_model_directory(directory.folder("m"), spec);
  spec.base.config["model_type"] = "t5";
  directory.write("m/config.json", to_json_text(spec.base.config));
  const ModelInspection found = inspect_model(directory / "m");
  EXPECT_EQ(found.model_type, "t5");
  EXPECT_THAT(found.problem, HasSubstr("model_type"));
  EXPECT_EQ(found.parameters, 528 + 2 * 600 + 72 + 9);  // counted all the same
  EXPECT_FALSE(found.names);
  std::filesystem::remove(directory / "m/model.safetensors");
  directory.write("m/pytorch_model.bin", "x");
  EXPECT_THAT(inspect_model(directory / "m").problem, HasSubstr("expected a file of torch.save"));
  EXPECT_THAT(failure([&] { inspect_model(directory / "none"); }), StartsWith("artefact"));
}

TEST(Inspect, TheHeadIsTheFilesOwnWhereNoneIsAskedFor) {
  const TempDirectory directory;
  std::filesystem::copy("tests/models/fixtures/tiny_vit", directory / "vit");
  const ModelInspection own = inspect_model(directory / "vit");
  ASSERT_TRUE(own.names);
  EXPECT_TRUE(own.names->new_head.empty());
  EXPECT_TRUE(own.names->dropped.empty());
  EXPECT_EQ(inspect_model(directory / "vit", 7).names->new_head.size(), 2u);
}

TEST(Inspect, ATokenizerIsPartOfAModel) {
  const TempDirectory directory;
  checkpoint::write_model_directory(directory.folder("m"), small_model(directory));
  std::filesystem::remove(directory / "m/vocab.txt");
  EXPECT_THAT(inspect_model(directory / "m").problem,
              testing::AllOf(StartsWith((directory / "m").string()), HasSubstr("tokenizer.json")));
  directory.write("m/tokenizer.json", "{");
  EXPECT_THAT(inspect_model(directory / "m").problem, StartsWith((directory / "m/tokenizer.json").string()));
}

TEST(Inspect, LicenceFilesThatAreNotUtf8StillMakeValidJson) {
  const TempDirectory directory;
  checkpoint::write_model_directory(directory.folder("m"), small_model(directory));
  directory.write("m/LICENSE.txt", "Copyright \xA9 2020 M\xFCller\n");
  const ModelInspection found = inspect_model(directory / "m");
  EXPECT_NO_THROW(parse_json(to_json_text(to_json(found)), "inspection"));
  EXPECT_THAT(found.licences.at(0).text, HasSubstr("Copyright \uFFFD 2020 M\uFFFDller"));
}

}  // namespace
}  // namespace rift::package
