#include "rift/package/model_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/small_model.h"
#include "rift/package/backbone.h"
#include "support/failure.h"
#include "support/variable.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using test::failure;
using test::small_model;
using test::TempDirectory;
using test::Variable;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

void write_model(const TempDirectory& directory, std::string_view name) {
  checkpoint::write_model_directory(directory.folder(name), small_model(directory));
}

std::vector<std::string> names_of(const ModelList& list) {
  std::vector<std::string> names;
  for (const ListedModel& model : list.models) names.push_back(model.name);
  return names;
}

TEST(ModelList, DescribesModelsOfAFolder) {
  const TempDirectory directory;
  const fs::path place = directory.folder("place");
  checkpoint::ModelDirectorySpec spec = small_model(directory);
  checkpoint::write_model_directory(directory.folder("place/team/tower"), spec);
  directory.write("place/team/tower/README.md", "---\nlicense: mit\n---\n");
  const ModelList list = list_models({place});
  ASSERT_THAT(names_of(list), ElementsAre("team/tower"));
  const ListedModel& model = list.models[0];
  EXPECT_EQ(model.architecture, "bert");
  EXPECT_EQ(model.parameters, 528 + 2 * 600 + 72 + 9);  // as in inspect_test.cc
  EXPECT_EQ(model.weights, "safetensors");
  EXPECT_EQ(model.tokenizer, "WordPiece (vocab.txt)");
  EXPECT_EQ(model.licence, "mit");
  EXPECT_EQ(model.problem, "");
  int64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(place / "team/tower")) bytes += fs::file_size(entry);
  EXPECT_EQ(model.size_bytes, bytes);
  const Json json = to_json(list);
  EXPECT_TRUE(json.at("models").at(size_t{0}).at("runs").as_bool());
}

TEST(ModelList, BrokenOnesAreListedWithTheirProblem) {
  const TempDirectory directory;
  const fs::path place = directory.folder("place");
  write_model(directory, "place/a");
  directory.write("place/b/config.json", "{\"model_type\": ");
  directory.write("place/c/model.safetensors", "no tensors");
  write_model(directory, "place/d");
  fs::resize_file(place / "d/model.safetensors", 100);
  write_model(directory, "place/e");
  directory.write("place/e/config.json", R"({"model_type": "t5"})");
  fs::create_symlink("nowhere", directory.folder("place/f") / "config.json");
  write_model(directory, "place/g");
  fs::remove(place / "g/vocab.txt");
  directory.write("place/h/rift.json", "[]");
  directory.write("place/i/modules.json", "{}");
  const ModelList list = list_models({place});
  ASSERT_THAT(names_of(list), ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i"));
  EXPECT_EQ(list.models[0].problem, "");
  for (size_t i = 1; i < list.models.size(); ++i) {
    EXPECT_NE(list.models[i].problem, "") << list.models[i].name;
    EXPECT_THAT(list.models[i].problem, testing::Not(HasSubstr(list.models[i].directory + "/")));
  }
  EXPECT_THAT(list.models[4].problem, HasSubstr("'t5'"));
  EXPECT_THAT(list.models[6].problem, HasSubstr("tokenizer.json"));
}

TEST(ModelList, PackagesAreToldFromModels) {
  const TempDirectory directory;
  const fs::path place = directory.folder("place");
  directory.write("place/run/models/scorecard/package/rift.json", R"({"model": {"kind": "scorecard"}})");
  write_model(directory, "place/run/models/fine-tuned/package");
  directory.write("place/run/models/fine-tuned/package/rift.json", R"({"model": {"kind": "fine-tuned"}})");
  const ModelList list = list_models({place});
  ASSERT_THAT(names_of(list), ElementsAre("run/models/fine-tuned/package", "run/models/scorecard/package"));
  for (const ListedModel& model : list.models) {
    EXPECT_EQ(model.kind, ModelKind::kPackage);
    EXPECT_EQ(model.problem, "");
  }
  EXPECT_EQ(list.models[0].architecture, "bert");
  EXPECT_EQ(list.models[1].architecture, "scorecard");
}

TEST(ModelList, ACacheIsListedByTheHubsNames) {
  const TempDirectory directory;
  const std::string folder = "cache/models--org--name", snapshot = folder + "/snapshots/" + kCommit;
  write_model(directory, "kept");
  directory.folder(snapshot);
  directory.folder(folder + "/blobs");
  for (const char* file : {"config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json"}) {
    if (!fs::exists(directory / "kept" / file)) continue;
    fs::rename(directory / "kept" / file, directory / folder / "blobs" / file);
    fs::create_symlink(fs::path("../../blobs") / file, directory / snapshot / file);
  }
  directory.write(folder + "/refs/main", kCommit);
  directory.folder("cache/models--org--half/blobs");
  directory.write("cache/datasets--org--rows/snapshots/x/config.json", "{}");
  const ModelList list = list_models({directory / "cache"});
  ASSERT_THAT(names_of(list), ElementsAre("org/half", "org/name"));
  EXPECT_THAT(list.models[0].problem, HasSubstr("rift models fetch org/half"));
  EXPECT_EQ(list.models[1].problem, "");
  EXPECT_EQ(list.models[1].commit, kCommit);
  EXPECT_THAT(list.models[1].refs, ElementsAre("main"));
  EXPECT_GT(list.models[1].size_bytes, fs::file_size(directory / folder / "blobs/model.safetensors"));

  const Variable cache("HF_HUB_CACHE", (directory / "cache").string());
  EXPECT_EQ(resolve_model("org/name"), directory / snapshot);
  EXPECT_EQ(resolve_backbone("org/name", directory.path()), directory / snapshot);
  EXPECT_THAT(failure([] { resolve_backbone("org/other", {}); }),
              testing::AllOf(HasSubstr("cache/models--org--other"), HasSubstr("rift models fetch org/other")));
  fs::rename(directory / folder / "refs/main", directory / folder / "refs/v1");
  EXPECT_THAT(failure([] { resolve_model("org/name"); }),
              testing::AllOf(HasSubstr("another revision than main"), HasSubstr(snapshot)));
}

TEST(ModelList, FilesOfGgufAreListedOneByOneAndHideNoFolder) {
  const TempDirectory directory;
  const fs::path place = directory.folder("place");
  for (const char* name : {"a.gguf", "b.gguf"})
    fs::copy_file("tests/checkpoint/fixtures/gguf_models/smollm.gguf", place / name);
  write_model(directory, "place/tower");
  const ModelList list = list_models({place});
  ASSERT_THAT(names_of(list), ElementsAre("a.gguf", "b.gguf", "tower"));
  EXPECT_EQ(list.models[0].kind, ModelKind::kFile);
  EXPECT_EQ(list.models[0].architecture, "llama");
  EXPECT_EQ(list.models[0].size_bytes, static_cast<int64_t>(fs::file_size(place / "a.gguf")));
  EXPECT_EQ(list.models[0].directory, (place / "a.gguf").string());
  for (const ListedModel& model : list.models) EXPECT_EQ(model.problem, "") << model.name;
}

TEST(ModelList, ModelsOfImagesAreToldApart) {
  const TempDirectory directory;
  fs::copy("tests/models/fixtures/tiny_vit", directory.folder("place") / "vit");
  const ModelList list = list_models({directory / "place"});
  ASSERT_THAT(names_of(list), ElementsAre("vit"));
  EXPECT_EQ(list.models[0].problem, "");
  const Json json = to_json(list).at("models").at(size_t{0});
  EXPECT_FALSE(json.at("runs").as_bool());
  EXPECT_TRUE(json.at("reads_images").as_bool());
}

TEST(ModelList, LinksThatLeadNowhereAreTheModelsFault) {
  const TempDirectory directory;
  for (const char* name : {"LICENSE", "model.safetensors", "modules.json"}) {
    const std::string folder = std::string("place/") + name + "_";
    write_model(directory, folder);
    fs::remove(directory / folder / name);
    fs::create_symlink(name, directory / folder / name);
  }
  const ModelList list = list_models({directory / "place"});
  ASSERT_EQ(list.models.size(), 3u);
  for (const ListedModel& model : list.models) EXPECT_THAT(model.problem, HasSubstr("is the model whole"));
}

TEST(ModelList, CyclesOfLinksEnd) {
  const TempDirectory directory;
  const fs::path place = directory.folder("place");
  write_model(directory, "place/deep/model");
  fs::create_directory_symlink(place, place / "deep/up");
  fs::create_directory_symlink(place / "deep/self", place / "deep/self");
  fs::create_directory_symlink(place / "deep/model", place / "same");
  EXPECT_THAT(names_of(list_models({place, place})), ElementsAre("deep/model"));
}

TEST(ModelList, LooksAtManyFilesButNotAtEndlessOnes) {
  const TempDirectory directory;
  const fs::path place = directory.folder("place");
  write_model(directory, "place/a");
  directory.folder("place/many");
  for (int i = 0; i < 3000; ++i) fs::create_symlink("nowhere", place / "many" / std::to_string(i));
  EXPECT_THAT(names_of(list_models({place})), ElementsAre("a"));
  EXPECT_THAT(list_models({place}).notes, ElementsAre());
  EXPECT_THAT(list_models({place}, {.max_entries = 1000}).notes, ElementsAre(StartsWith("more than 1000 entries")));
  EXPECT_THAT(names_of(list_models({place}, {.max_depth = 0})), ElementsAre());
}

TEST(ModelList, APlaceThatIsNotThereIsAnError) {
  EXPECT_THAT(failure([] { list_models({"/nowhere"}); }), StartsWith("artefact: /nowhere: no such directory"));
}

}  // namespace
}  // namespace rift::package
