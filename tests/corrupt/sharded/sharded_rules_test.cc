#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "corrupt/safetensors/forge.h"
#include "rift/checkpoint/format/sharded.h"

namespace rift {
namespace {

using checkpoint::format::parse_shard_index;
using checkpoint::format::Safetensors;
using checkpoint::format::ShardedArchive;
using checkpoint::format::ShardIndexLimits;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

auto refused(const char* why) { return AllOf(StartsWith("artefact: m.index.json"), HasSubstr(why)); }

std::string index_verdict(const std::string& json, const ShardIndexLimits& limits = {}) {
  return forge::verdict_of([&] { parse_shard_index(json, "m.index.json", limits); });
}

std::string map_of(const std::string& entries) {
  return R"({"metadata":{"total_size":4},"weight_map":{)" + entries + "}}";
}

/// A shard with one byte for each of the named tensors.
std::unique_ptr<const Safetensors> shard(const std::vector<std::string>& names) {
  std::string header = "{";
  for (size_t i = 0; i < names.size(); ++i) {
    header += fmt::format(R"({}"{}":{{"dtype":"U8","shape":[1],"data_offsets":[{},{}]}})", i == 0 ? "" : ",", names[i],
                          i, i + 1);
  }
  return std::make_unique<Safetensors>(forge::open(forge::file(header + "}", names.size())));
}

std::string archive_verdict(const std::string& entries, const std::vector<std::vector<std::string>>& shards) {
  return forge::verdict_of([&] {
    std::vector<std::unique_ptr<const checkpoint::format::TensorArchive>> opened;
    for (const auto& names : shards) opened.push_back(shard(names));
    ShardedArchive("m.index.json", parse_shard_index(map_of(entries), "m.index.json"), std::move(opened));
  });
}

TEST(ShardIndex, FilesAreNumberedAsTheyAreNamed) {
  const auto index = parse_shard_index(map_of(R"("b":"2.safetensors","a":"1.safetensors","c":"2.safetensors")"), "x");
  EXPECT_EQ(index.files, (std::vector<std::string>{"2.safetensors", "1.safetensors"}));
  EXPECT_EQ(index.weight_map.at(2), (std::pair<std::string, size_t>{"c", 0}));
}

TEST(ShardIndex, FilesLieInTheSameDirectory) {
  for (const char* name : {"../x.safetensors", "/etc/passwd", "a/b.safetensors", "a\\\\b", "", ".", "..", ".hidden",
                           "a\\u0000b", "a\\nb", "\\u00e4"}) {
    EXPECT_THAT(index_verdict(map_of(fmt::format(R"("t":"{}")", name))), refused("file in the same directory")) << name;
  }
  EXPECT_THAT(index_verdict(map_of(R"("t":3)")), refused("file in the same directory"));
  EXPECT_THAT(index_verdict(map_of(R"("t":null)")), refused("file in the same directory"));
}

TEST(ShardIndex, WhatIsNoIndexIsRefused) {
  for (const char* json :
       {"{}", "[]", "3", "", "{", R"({"weight_map":[]})", R"({"weight_map":{}})",
        R"({"weight_map":{"t":"a"},"weight_map":{"t":"b"}})", R"({"weight_map":{"t":"a","t":"b"}})"}) {
    EXPECT_THAT(index_verdict(json), refused("")) << json;
  }
}

TEST(ShardIndex, DeepNestingIsRefused) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_THAT(index_verdict(R"({"metadata":)" + deep + R"(,"weight_map":{"t":"a"}})"), refused(""));
  EXPECT_THAT(index_verdict(R"({"weight_map":{"t":)" + deep + "}}"), refused(""));
}

TEST(ShardIndex, Limits) {
  const std::string two = map_of(R"("a":"1.bin","b":"2.bin")");
  EXPECT_THAT(index_verdict(two, {.max_bytes = 20}), refused(""));
  EXPECT_THAT(index_verdict(two, {.max_tensors = 1}), refused(""));
  EXPECT_THAT(index_verdict(two, {.max_shards = 1}), refused("names 2 files, the limit is 1"));
}

TEST(Sharded, EveryTensorIsWhereTheIndexSays) {
  EXPECT_EQ(archive_verdict(R"("a":"1","b":"2","c":"2")", {{"a"}, {"b", "c"}}), "accepted");
  EXPECT_THAT(archive_verdict(R"("a":"1","b":"2","c":"2")", {{"a"}, {"b"}}), refused("tensor 'c' is not in 2"));
  EXPECT_THAT(archive_verdict(R"("a":"1","b":"2")", {{"a"}, {"b", "c"}}), refused("tensor 'c' of 2 is not in it"));
  EXPECT_THAT(archive_verdict(R"("a":"1","b":"2")", {{"a", "b"}, {"b"}}),
              refused("tensor 'b' of 1 is said to be in 2"));
  EXPECT_THAT(archive_verdict(R"("a":"1","b":"2")", {{"b"}, {"a"}}), refused("tensor 'a' is not in 1"));
}

TEST(Sharded, ReadsFromTheRightShard) {
  std::vector<std::unique_ptr<const checkpoint::format::TensorArchive>> shards;
  shards.push_back(std::make_unique<Safetensors>(
      forge::open(forge::file(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})") + "A")));
  shards.push_back(std::make_unique<Safetensors>(
      forge::open(forge::file(R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})") + "BC")));
  const ShardedArchive archive("m.index.json", parse_shard_index(map_of(R"("a":"1","b":"2")"), "x"), std::move(shards));
  std::string b(2, ' ');
  archive.read(archive.at("b"), std::as_writable_bytes(std::span(b)));
  EXPECT_EQ(b, "BC");
}

}  // namespace
}  // namespace rift
