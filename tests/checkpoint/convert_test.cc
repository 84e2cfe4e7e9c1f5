#include "rift/checkpoint/convert.h"

#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/same_tensors.h"
#include "checkpoint/small_model.h"
#include "checkpoint/whole_files.h"
#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/checkpoint/format/tensor_writers.h"
#include "rift/checkpoint/format/torch_file.h"
#include "support/failure.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;
using test::expect_same_tensors;
using test::failure;
using test::seeded_tensor;
using test::small_model;
using test::TempDirectory;
using test::text_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Convert : public testing::Test {
 protected:
  void SetUp() override {
    write_model_directory(directory_.folder("m"), small_model(directory_));
    directory_.write("m/LICENSE", "Use it well.\n");
    directory_.write("m/README.md", "---\nlicense: mit\n---\n");
    directory_.write("m/notes.txt", "of the modeller");
  }
  ConvertSpec spec(const char* from, const char* to, WeightsFormat format) const {
    return {.source = directory_ / from, .out = directory_ / to, .to = format};
  }
  /// Names beside the model that a conversion must not leave.
  void expect_nothing_of(const std::string& name) const {
    for (const std::string& found : directory_.names()) EXPECT_THAT(found, testing::Not(HasSubstr(name)));
  }
  TempDirectory directory_;
};

TEST_F(Convert, ThereAndBackGivesTheSameBytes) {
  const ConvertResult made = convert_model(spec("m", "torch", WeightsFormat::kTorch));
  EXPECT_THAT(made.weights, ElementsAre("pytorch_model.bin"));
  EXPECT_EQ(made.tensors, 41);
  expect_same_tensors(*open_archive(directory_ / "torch/pytorch_model.bin"),
                      *open_archive(directory_ / "m/model.safetensors"));
  EXPECT_FALSE(fs::exists(directory_ / "torch/model.safetensors"));
  EXPECT_FALSE(fs::exists(directory_ / "torch/notes.txt"));
  for (const char* file : {"config.json", "vocab.txt", "tokenizer_config.json", "LICENSE", "README.md"})
    EXPECT_EQ(text_of(directory_ / "torch" / file), text_of(directory_ / "m" / file)) << file;
  convert_model(spec("torch", "back", WeightsFormat::kSafetensors));
  EXPECT_EQ(text_of(directory_ / "back/model.safetensors"), text_of(directory_ / "m/model.safetensors"));
  convert_model(spec("back", "torch2", WeightsFormat::kTorch));
  expect_same_tensors(*open_archive(directory_ / "torch2/pytorch_model.bin"),
                      *open_archive(directory_ / "torch/pytorch_model.bin"));
}

TEST_F(Convert, EveryElementTypeAndShapeIsKept) {
  TensorMap tensors;
  for (const at::ScalarType type : {at::kBool, at::kByte, at::kChar, at::kShort, at::kHalf, at::kBFloat16, at::kInt,
                                    at::kFloat, at::kDouble, at::kLong}) {
    tensors.emplace(std::string("t.") + c10::toString(type), seeded_tensor("x", {3, 300}).mul(100).to(type));
  }
  tensors.emplace("scalar", seeded_tensor("scalar", {}));
  tensors.emplace("empty", seeded_tensor("empty", {0, 3}));
  tensors.emplace("long", seeded_tensor("long", {70'000}));
  write_tensors(directory_ / "all.safetensors", tensors);
  convert_model(spec("all.safetensors", "all.pt", WeightsFormat::kTorch));
  convert_model(spec("all.pt", "again.safetensors", WeightsFormat::kSafetensors));
  EXPECT_EQ(text_of(directory_ / "again.safetensors"), text_of(directory_ / "all.safetensors"));
  convert_model(spec("all.safetensors", "same.pt", WeightsFormat::kTorch));
  EXPECT_EQ(text_of(directory_ / "same.pt"), text_of(directory_ / "all.pt"));
}

TEST_F(Convert, ShardsHoldAtMostTheLimitAndHaveAnIndex) {
  for (const WeightsFormat format : {WeightsFormat::kSafetensors, WeightsFormat::kTorch}) {
    const std::string out = std::string("shards-") + std::string(name_of(format));
    ConvertSpec sharded = spec("m", out.c_str(), format);
    sharded.max_shard_bytes = 2000;
    const ConvertResult made = convert_model(sharded);
    ASSERT_GT(made.weights.size(), 3u);
    EXPECT_THAT(made.weights[0], testing::EndsWith(".index.json"));
    EXPECT_THAT(made.weights[1], HasSubstr("-00001-of-000"));
    int64_t total = 0;
    for (size_t i = 1; i < made.weights.size(); ++i) {
      const auto shard = open_archive(directory_ / out / made.weights[i]);
      int64_t bytes = 0;
      for (const auto& tensor : shard->tensors()) bytes += tensor.size_bytes();
      EXPECT_TRUE(bytes <= 2000 || shard->tensors().size() == 1) << made.weights[i];
      total += bytes;
    }
    EXPECT_EQ(read_json(directory_ / out / made.weights[0]).at("metadata").at("total_size").as_int(), total);
    expect_same_tensors(*open_archive(directory_ / out / made.weights[0]),
                        *open_archive(directory_ / "m/model.safetensors"));
    convert_model(spec(out.c_str(), (out + "-whole").c_str(), WeightsFormat::kSafetensors));
    EXPECT_EQ(text_of(directory_ / (out + "-whole") / "model.safetensors"),
              text_of(directory_ / "m/model.safetensors"));
  }
}

TEST_F(Convert, FloatsBecomeWhatIsAsked) {
  ConvertSpec half = spec("m", "half", WeightsFormat::kTorch);
  half.dtype = FloatType::kBF16;
  convert_model(half);
  const TensorMap before = read_tensors(directory_ / "m/model.safetensors");
  const TensorMap after = read_tensors(directory_ / "half/pytorch_model.bin");
  ASSERT_EQ(after.size(), before.size());
  for (const auto& [name, tensor] : before) EXPECT_TRUE(after.at(name).equal(tensor.to(at::kBFloat16))) << name;
  EXPECT_EQ(read_json(directory_ / "half/config.json").at("dtype").as_string(), "bfloat16");
  write_tensors(directory_ / "large.safetensors", {{"w", at::full({2}, 1e5)}, {"n", at::full({2}, 7, at::kLong)}});
  ConvertSpec large = spec("large.safetensors", "large.pt", WeightsFormat::kTorch);
  large.dtype = FloatType::kF16;
  EXPECT_THAT(failure([&] { convert_model(large); }),
              AllOf(StartsWith("artefact"), HasSubstr("'w' has values that F16 cannot hold")));
  expect_nothing_of("large.pt");
  large.dtype = FloatType::kBF16;
  convert_model(large);
  EXPECT_EQ(read_tensors(large.out).at("n").scalar_type(), at::kLong);
}

TEST_F(Convert, AModelOfModulesKeepsItsFolders) {
  fs::create_directories(directory_ / "modules/0_Transformer");
  for (const char* file : {"config.json", "model.safetensors", "vocab.txt"})
    fs::copy_file(directory_ / "m" / file, directory_ / "modules/0_Transformer" / file);
  directory_.write("modules/modules.json",
                   R"([{"idx": 0, "name": "0", "path": "0_Transformer", "type": "x.Transformer"},
                       {"idx": 1, "name": "1", "path": "1_Pooling", "type": "x.Pooling"}])");
  directory_.write("modules/1_Pooling/config.json", R"({"pooling_mode_mean_tokens": true})");
  directory_.write("modules/2_Dense/pytorch_model.bin", "kept as it is");
  convert_model(spec("modules", "out", WeightsFormat::kTorch));
  expect_same_tensors(*open_archive(directory_ / "out/0_Transformer/pytorch_model.bin"),
                      *open_archive(directory_ / "m/model.safetensors"));
  EXPECT_EQ(text_of(directory_ / "out/2_Dense/pytorch_model.bin"), "kept as it is");
  EXPECT_EQ(open_hf_directory(directory_ / "out").sentence_transformers->pooling, "mean");
  EXPECT_FALSE(fs::exists(directory_ / "out/0_Transformer/model.safetensors"));
}

TEST_F(Convert, RefusesWhatItCannotDo) {
  const auto refusal = [&](const char* from, const char* to, WeightsFormat format) {
    return failure([&] { convert_model(spec(from, to, format)); });
  };
  EXPECT_THAT(refusal("m", "m", WeightsFormat::kTorch), AllOf(StartsWith("configuration"), HasSubstr("there already")));
  EXPECT_THAT(refusal("m", "m/out", WeightsFormat::kTorch), HasSubstr("lies inside of"));
  fs::create_directory_symlink(directory_ / "m", directory_ / "link");
  EXPECT_THAT(refusal("m", "link/out", WeightsFormat::kTorch), HasSubstr("lies inside of"));
  EXPECT_THAT(refusal("none", "out", WeightsFormat::kTorch), StartsWith("artefact"));
  EXPECT_THAT(refusal("m/model.safetensors", "out", WeightsFormat::kTorch), HasSubstr("ends with .bin"));
  directory_.write("g/config.json", "{}");
  directory_.write("g/m.gguf", "GGUF");
  EXPECT_THAT(refusal("g", "out", WeightsFormat::kTorch), StartsWith("artefact"));
  directory_.write("m/rift.json", "{}");
  EXPECT_THAT(refusal("m", "out", WeightsFormat::kTorch), HasSubstr("rift export --format hf"));
  fs::remove(directory_ / "m/rift.json");
  fs::resize_file(directory_ / "m/model.safetensors", fs::file_size(directory_ / "m/model.safetensors") - 1);
  EXPECT_THAT(refusal("m", "out", WeightsFormat::kTorch), StartsWith("artefact"));
  expect_nothing_of("out");
}

TEST_F(Convert, LinksAreFollowedWithinTheModelOnly) {
  directory_.write("key", "of the user");
  fs::remove(directory_ / "m/LICENSE");
  fs::create_symlink(directory_ / "key", directory_ / "m/LICENSE");
  EXPECT_THAT(failure([&] { convert_model(spec("m", "out", WeightsFormat::kTorch)); }),
              AllOf(StartsWith("artefact"), HasSubstr("m/LICENSE: leads to"), HasSubstr("outside of")));
  expect_nothing_of("out");
  fs::remove(directory_ / "m/LICENSE");
  fs::create_symlink("notes.txt", directory_ / "m/LICENSE");
  convert_model(spec("m", "out", WeightsFormat::kTorch));
  EXPECT_EQ(text_of(directory_ / "out/LICENSE"), "of the modeller");
  // a cache, whose snapshots are links to blobs
  directory_.write("models--a--b/blobs/1", "Use it well.\n");
  fs::create_directory(directory_ / "models--a--b/snapshots");
  fs::remove(directory_ / "m/LICENSE");
  fs::rename(directory_ / "m", directory_ / "models--a--b/snapshots/c");
  fs::create_symlink("../../blobs/1", directory_ / "models--a--b/snapshots/c/LICENSE");
  convert_model(spec("models--a--b/snapshots/c", "of_cache", WeightsFormat::kTorch));
  EXPECT_EQ(text_of(directory_ / "of_cache/LICENSE"), "Use it well.\n");
  EXPECT_FALSE(fs::is_symlink(directory_ / "of_cache/LICENSE"));
}

TEST_F(Convert, ALicenceThatIsABrokenLinkIsNotLeftOut) {
  for (const char* target : {"LICENSE", "nothing"}) {
    fs::remove(directory_ / "m/LICENSE");
    fs::create_symlink(target, directory_ / "m/LICENSE");
    EXPECT_THAT(failure([&] { convert_model(spec("m", "out", WeightsFormat::kTorch)); }),
                AllOf(StartsWith("artefact"), HasSubstr("m/LICENSE: "), HasSubstr("is the model whole")));
  }
}

TEST_F(Convert, MoreTensorsThanAFileOfTorchHoldsLeaveNothing) {
  std::vector<test::TensorBytes> tensors;
  for (int i = 0; i < 9'998; ++i) tensors.push_back({fmt::format("t{}", i), format::DType::kU8, {0}, {}});
  test::write_safetensors(directory_ / "many.safetensors", tensors, {});
  EXPECT_THAT(failure([&] { convert_model(spec("many.safetensors", "out.pt", WeightsFormat::kTorch)); }),
              AllOf(StartsWith("unsupported"), HasSubstr("9998 tensors"), HasSubstr("at most 9997")));
  expect_nothing_of("out");
  tensors.pop_back();
  test::write_safetensors(directory_ / "fewer.safetensors", tensors, {});
  EXPECT_EQ(convert_model(spec("fewer.safetensors", "out.pt", WeightsFormat::kTorch)).tensors, 9'997);
}

TEST_F(Convert, AnEmptyTensorOfHugeDimensionsIsRefusedInAnyOrder) {
  for (const char* shape :
       {"[0,4611686018427387904,4611686018427387904]", "[4611686018427387904,4611686018427387904,0]"}) {
    const std::string head = fmt::format(R"({{"a":{{"dtype":"F32","shape":{},"data_offsets":[0,0]}}}})", shape);
    const uint64_t size = head.size();
    directory_.write("odd.safetensors", std::string(reinterpret_cast<const char*>(&size), 8) + head);
    EXPECT_THAT(failure([&] { convert_model(spec("odd.safetensors", "out.pt", WeightsFormat::kTorch)); }),
                StartsWith("artefact"));
  }
}

TEST(TensorWriters, AFileThatIsFoundWrongIsNeverAtItsPlace) {
  const TempDirectory directory;
  const auto read = [](size_t) { return std::span<const std::byte>(); };
  const std::vector<format::TensorSpec> specs = {{"a", format::DType::kF32, {0}}};
  const auto refuse = [](const fs::path& written) {
    EXPECT_TRUE(fs::exists(written));
    RIFT_FAIL(Code::kBug, "not as it should be");
  };
  EXPECT_THAT(failure([&] { format::stream_torch_file(directory / "a.pt", specs, read, refuse); }),
              HasSubstr("not as it should be"));
  EXPECT_THAT(failure([&] { format::stream_safetensors(directory / "a.safetensors", specs, {}, read, refuse); }),
              HasSubstr("not as it should be"));
  EXPECT_THAT(failure([&] { format::stream_gguf(directory / "a.gguf", {}, {}, read, refuse); }),
              HasSubstr("not as it should be"));
  EXPECT_TRUE(directory.names().empty());
}

TEST(TensorWriters, ATensorThatGivesOtherBytesThanItsShapeNeedsIsABug) {
  const TempDirectory directory;
  const std::vector<format::TensorSpec> specs = {{"a", format::DType::kF32, {2}}};
  const std::vector<std::byte> few(7);
  const auto read = [&](size_t) { return std::span<const std::byte>(few); };
  EXPECT_THAT(failure([&] { format::stream_torch_file(directory / "a.pt", specs, read); }), StartsWith("bug"));
  EXPECT_THAT(failure([&] { format::stream_safetensors(directory / "a.safetensors", specs, {}, read); }),
              StartsWith("bug"));
  EXPECT_TRUE(directory.names().empty());
}

}  // namespace
}  // namespace rift::checkpoint
