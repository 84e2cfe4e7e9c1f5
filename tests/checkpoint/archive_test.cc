#include "rift/checkpoint/archive.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/same_tensors.h"
#include "checkpoint/small_model.h"
#include "checkpoint/torch_bytes.h"
#include "models/load.h"
#include "rift/base/files.h"
#include "rift/base/sha256.h"
#include "rift/checkpoint/load_model.h"
#include "support/failure.h"

namespace rift::checkpoint {
namespace {

using test::expect_same_tensors;
using test::failure;
using test::load_weights;
using test::small_directory;
using test::small_tensors;
using test::TempDirectory;
using test::torch_bytes;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// The small BERT's weights in two files with an index; `ending` is that of the shards.
void write_shards(const TempDirectory& directory, const std::string& ending) {
  TensorMap halves[2];
  Json map = Json::object();
  for (const auto& [name, tensor] : small_tensors(0)) {
    const size_t half = halves[0].size() < 20 ? 0 : 1;
    halves[half].emplace(name, tensor);
    map[name] = fmt::format("model-{}{}", half, ending);
  }
  for (size_t half = 0; half < 2; ++half) {
    const std::string file = fmt::format("base/model-{}{}", half, ending);
    if (ending == ".bin")
      directory.write(file, torch_bytes(halves[half]));
    else
      write_tensors(directory / file, halves[half]);
  }
  const std::string index = ending == ".bin" ? "pytorch_model.bin.index.json" : "model.safetensors.index.json";
  directory.write("base/" + index, to_json_text(Json{{"metadata", Json{{"total_size", 1}}}, {"weight_map", map}}));
}

void expect_small_model(const HfDirectory& directory) {
  const auto model = load_weights(directory);
  const TensorMap expected = small_tensors(0);
  ASSERT_EQ(model.tensors.size(), expected.size());
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(model.tensors.at(name).equal(tensor)) << name;
}

TEST(LoadModel, WeightsOfTorchSave) {
  const TempDirectory directory;
  const HfDirectory opened = small_directory(directory);
  directory.write("base/pytorch_model.bin", torch_bytes(small_tensors(0)));
  EXPECT_EQ(weights_file(opened), directory / "base/pytorch_model.bin");
  expect_small_model(opened);
}

TEST(LoadModel, WeightsInShards) {
  for (const char* ending : {".safetensors", ".bin"}) {
    const TempDirectory directory;
    const HfDirectory opened = small_directory(directory);
    write_shards(directory, ending);
    expect_small_model(opened);
  }
}

TEST(LoadModel, ANanInATorchFileIsRefusedByTensor) {
  const TempDirectory directory;
  const HfDirectory opened = small_directory(directory);
  TensorMap tensors = small_tensors(0);
  tensors.at("bert.pooler.dense.bias")[3] = std::numeric_limits<float>::quiet_NaN();
  directory.write("base/pytorch_model.bin", torch_bytes(tensors));
  EXPECT_THAT(failure([&] { load_weights(opened); }),
              AllOf(StartsWith("artefact"), HasSubstr("tensor 'bert.pooler.dense.bias': 1 of its 8 values are NaN")));
}

TEST(WeightsFile, SafetensorsComeFirst) {
  const TempDirectory directory;
  const HfDirectory opened = small_directory(directory);
  for (const char* name : {"m.gguf", "pytorch_model.bin.index.json", "pytorch_model.bin",
                           "model.safetensors.index.json", "model.safetensors"}) {
    directory.write(std::string("base/") + name, "x");
    EXPECT_EQ(weights_file(opened), directory / "base" / name);
  }
}

TEST(WeightsFile, TwoGgufFilesAreNoAnswer) {
  const TempDirectory directory;
  const HfDirectory opened = small_directory(directory);
  for (const char* name : {"a.gguf", "b.gguf"}) directory.write(std::string("base/") + name, "x");
  EXPECT_THAT(failure([&] { weights_file(opened); }), StartsWith("artefact"));
}

TEST(OpenArchive, EveryFormatByItsEnding) {
  const TempDirectory directory;
  const TensorMap tensors = {{"t", at::ones({2, 3})}};
  write_tensors(directory / "m.safetensors", tensors);
  const auto expected = open_archive(directory / "m.safetensors");
  for (const char* name : {"m.bin", "m.pt", "m.pth", "m.ckpt"}) {
    directory.write(name, torch_bytes(tensors));
    expect_same_tensors(*open_archive(directory / name), *expected);
  }
  expect_same_tensors(*open_archive("tests/checkpoint/fixtures/gguf/types.gguf"),
                      *open_archive("tests/checkpoint/fixtures/gguf/types.gguf"));
  EXPECT_THAT(failure([&] { open_archive(directory / "m.h5"); }), AllOf(StartsWith("unsupported"), HasSubstr(".gguf")));
  EXPECT_THAT(failure([&] { open_archive(directory / "none.gguf"); }), StartsWith("artefact"));
}

TEST(OpenArchive, AFileThatIsNotWhatItsNameSaysIsRefused) {
  const TempDirectory directory;
  const std::string torch = torch_bytes({{"t", at::ones({2})}});
  const std::string gguf = read_file("tests/checkpoint/fixtures/gguf/types.gguf");
  const auto opened = [&](const std::string& name, const std::string& bytes) {
    directory.write(name, bytes);
    return failure([&] { open_archive(directory / name); });
  };
  EXPECT_THAT(opened("a.safetensors", torch), AllOf(StartsWith("artefact"), HasSubstr("begins as a ZIP archive")));
  EXPECT_THAT(opened("a.safetensors", gguf), HasSubstr("begins as a GGUF file"));
  EXPECT_THAT(opened("a.bin", gguf), HasSubstr("begins as a GGUF file"));
  EXPECT_THAT(opened("a.gguf", torch), HasSubstr("begins as a ZIP archive"));
  EXPECT_THAT(opened("a.gguf", "\x80\x02}."), HasSubstr("begins as a pickle"));
  EXPECT_THAT(opened("a.bin", ""), HasSubstr("starts with 'PK'"));
}

TEST(OpenArchive, ASafetensorsHeaderMayHaveTheLengthThatAPickleBeginsWith) {
  const TempDirectory directory;
  const std::string bytes = std::string("\x80\x02\0\0\0\0\0\0{}", 10) + std::string(0x0280 - 2, ' ');
  directory.write("m.safetensors", bytes);
  EXPECT_TRUE(open_archive(directory / "m.safetensors")->tensors().empty());
}

TEST(OpenArchive, AnIndexLeadsToFilesBesideItOnly) {
  const TempDirectory directory;
  write_tensors(directory / "outside.safetensors", {{"t", at::ones({2})}});
  directory.write("m/model.safetensors.index.json", R"({"weight_map":{"t":"../outside.safetensors"}})");
  EXPECT_THAT(failure([&] { open_archive(directory / "m/model.safetensors.index.json"); }),
              AllOf(StartsWith("artefact"), HasSubstr("file in the same directory")));
  directory.write("m/model.safetensors.index.json", R"({"weight_map":{"t":"model.safetensors.index.json"}})");
  EXPECT_THAT(failure([&] { open_archive(directory / "m/model.safetensors.index.json"); }), HasSubstr("as a shard"));
  directory.write("m/model.safetensors.index.json", R"({"weight_map":{"t":"gone.safetensors"}})");
  EXPECT_THAT(failure([&] { open_archive(directory / "m/model.safetensors.index.json"); }),
              AllOf(StartsWith("artefact"), HasSubstr("gone.safetensors")));
}

/// Of both kinds: what an index and its files may have wrong between them; each refusal names the file.
TEST(OpenArchive, AnIndexThatDoesNotFitItsFilesIsRefused) {
  for (const std::string ending : {".safetensors", ".bin"}) {
    const TempDirectory directory;
    const auto write = [&](const std::string& name, const TensorMap& tensors) {
      if (ending == ".bin")
        directory.write(name + ending, torch_bytes(tensors));
      else
        write_tensors(directory / (name + ending), tensors);
    };
    write("1", {{"a", at::ones({2})}});
    write("2", {{"b", at::ones({3})}});
    const auto opened = [&](const std::string& map) {
      std::string text = "{\"weight_map\":{" + map + "}}";
      for (size_t at = 0; (at = text.find('$', at)) != std::string::npos;) text.replace(at, 1, ending);
      directory.write("m" + ending + ".index.json", text);
      return failure([&] { open_archive(directory / ("m" + ending + ".index.json")); });
    };
    EXPECT_EQ(opened(R"("a":"1$","b":"2$")"), "nothing");
    EXPECT_THAT(opened(R"("a":"1$","b":"3$")"), AllOf(StartsWith("artefact"), HasSubstr("3" + ending)));
    EXPECT_THAT(opened(R"("a":"1$","b":"../2$")"), HasSubstr("the name of a file in the same directory"));
    EXPECT_THAT(opened(R"("a":"1$","b":"/tmp/2$")"), HasSubstr("the name of a file in the same directory"));
    EXPECT_THAT(opened(R"("a":"1$","b":"2$","c":"2$")"), HasSubstr("'c' is not in 2" + ending));
    EXPECT_THAT(opened(R"("a":"2$","b":"1$")"), HasSubstr("'a' is not in 2" + ending));
    EXPECT_THAT(opened(R"("a":"1$","a":"2$","b":"2$")"), StartsWith("artefact")) << "a key twice";
    EXPECT_THAT(opened(R"("a":"1$","b":"m$.index.json")"), HasSubstr("as a shard"));
    EXPECT_THAT(opened(R"("a":"1$","b":"2.txt")"), StartsWith("unsupported"));
    write("2", {{"a", at::ones({2})}, {"b", at::ones({3})}});
    EXPECT_THAT(opened(R"("a":"1$","b":"2$")"), HasSubstr("'a' of 2" + ending + " is said to be in 1" + ending));
    write("2", {{"b", at::ones({3})}, {"hidden", at::ones({3})}});
    EXPECT_THAT(opened(R"("a":"1$","b":"2$")"), HasSubstr("'hidden' of 2" + ending + " is not in it"));
    std::filesystem::resize_file(directory / ("2" + ending),
                                 std::filesystem::file_size(directory / ("2" + ending)) - 1);
    EXPECT_THAT(opened(R"("a":"1$","b":"2$")"), AllOf(StartsWith("artefact"), HasSubstr("2" + ending)));
    std::filesystem::remove(directory / ("2" + ending));
    directory.folder("2" + ending);
    EXPECT_THAT(opened(R"("a":"1$","b":"2$")"), AllOf(StartsWith("artefact"), HasSubstr("2" + ending)));
  }
}

TEST(ArchiveSha256, OfShardsItIsTheListThatSha256sumPrints) {
  const TempDirectory directory;
  small_directory(directory);
  write_shards(directory, ".safetensors");
  const auto index = directory / "base/model.safetensors.index.json";
  EXPECT_THAT(archive_files(index),
              ElementsAre(index, directory / "base/model-0.safetensors", directory / "base/model-1.safetensors"));
  std::string list;
  for (const auto& file : archive_files(index)) list += sha256_file(file) + "  " + file.filename().string() + "\n";
  EXPECT_EQ(archive_sha256(index), sha256_hex(list));
  EXPECT_EQ(archive_sha256(directory / "base/model-0.safetensors"),
            sha256_file(directory / "base/model-0.safetensors"));
}

}  // namespace
}  // namespace rift::checkpoint
