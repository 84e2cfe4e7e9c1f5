#include "rift/checkpoint/format/sharded.h"

#include <algorithm>
#include <unordered_map>

#include "rift/base/error.h"
#include "rift/base/json.h"
#include "rift/checkpoint/format/name_text.h"

namespace rift::checkpoint::format {
namespace {

constexpr int kMaxDepth = 4;
constexpr size_t kMaxFileNameBytes = 255;

bool is_bare_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxFileNameBytes && is_printable_ascii(name) &&
         name.find_first_of("/\\") == std::string_view::npos && !name.starts_with('.');
}

}  // namespace

ShardIndex parse_shard_index(std::string_view json, const std::string& source, const ShardIndexLimits& limits) {
  const Json root = parse_json(
      json, source, {.max_depth = kMaxDepth, .max_values = 4 * limits.max_tensors, .max_bytes = limits.max_bytes});
  const Json* map = root.find("weight_map");
  RIFT_REQUIRE(map != nullptr && map->is_object() && map->size() > 0, Code::kArtefact,
               "{}: expected 'weight_map', a mapping of tensors to files", source);
  RIFT_REQUIRE(static_cast<int64_t>(map->size()) <= limits.max_tensors, Code::kArtefact,
               "{}: weight_map has {} tensors, the limit is {}", source, map->size(), limits.max_tensors);
  ShardIndex index;
  std::unordered_map<std::string, size_t> places;
  for (const auto& member : map->as_object()) {
    RIFT_REQUIRE(member.value.is_string() && is_bare_file_name(member.value.as_string()), Code::kArtefact,
                 "{}: weight_map: '{}': expected the name of a file in the same directory", source,
                 shown_name(member.key));
    const auto [place, fresh] = places.emplace(member.value.as_string(), index.files.size());
    if (fresh) index.files.push_back(place->first);
    index.weight_map.emplace_back(member.key, place->second);
  }
  RIFT_REQUIRE(static_cast<int64_t>(index.files.size()) <= limits.max_shards, Code::kArtefact,
               "{}: weight_map names {} files, the limit is {}", source, index.files.size(), limits.max_shards);
  return index;
}

ShardedArchive::ShardedArchive(std::string index_name, const ShardIndex& index,
                               std::vector<std::unique_ptr<const TensorArchive>> shards)
    : index_name_(std::move(index_name)), shards_(std::move(shards)) {
  RIFT_CHECK(shards_.size() == index.files.size());
  std::unordered_map<std::string_view, size_t> shard_of;
  for (const auto& [name, shard] : index.weight_map) {
    shard_of.emplace(name, shard);
    RIFT_REQUIRE(shards_[shard]->find(name) != nullptr, Code::kArtefact,
                 "{}: weight_map: tensor '{}' is not in {}; do index and files belong together?", index_name_,
                 shown_name(name), index.files[shard]);
  }
  std::vector<TensorInfo> tensors;
  for (size_t shard = 0; shard < shards_.size(); ++shard) {
    for (const TensorInfo& tensor : shards_[shard]->tensors()) {
      const auto found = shard_of.find(tensor.name);
      RIFT_REQUIRE(found != shard_of.end() && found->second == shard, Code::kArtefact,
                   "{}: weight_map: tensor '{}' of {} is {}; do index and files belong together?", index_name_,
                   tensor.name, index.files[shard],
                   found == shard_of.end() ? std::string("not in it") : "said to be in " + index.files[found->second]);
      places_.push_back({shard, &tensor});
      tensors.push_back(tensor);
    }
  }
  set_tensors(std::move(tensors));
}

void ShardedArchive::read(const TensorInfo& tensor, std::span<std::byte> out) const {
  const Place& place = places_[place_of(tensor)];
  shards_[place.shard]->read(*place.tensor, out);
}

}  // namespace rift::checkpoint::format
