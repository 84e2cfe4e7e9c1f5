#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

namespace rift::package {

enum class ModelKind { kFolder, kFile, kCache, kPackage };
std::string_view name_of(ModelKind kind);  // "folder", "file", "cache", "package"

/// A model on this machine, as far as its files tell without their weights being read.
struct ListedModel {
  std::string name;  // what other verbs take: a hub's name in the cache, else the path below the place
  ModelKind kind = ModelKind::kFolder;
  std::string directory;          // or the .gguf file
  std::string commit;             // of a cached snapshot
  std::vector<std::string> refs;  // names of that commit ("main")
  std::string architecture;       // model_type; of a package without a language model its kind ("scorecard")
  int64_t parameters = 0;
  int64_t size_bytes = 0;  // of all files, each counted once
  std::string weights;     // "safetensors", "torch", "gguf", "" = none; " in shards" behind it
  std::string tokenizer;
  std::string licence;        // of the model card, else the names of licence files, "" = not stated
  bool reads_images = false;  // it can be inspected, converted and exported; no verb trains it
  std::string problem;        // why rift cannot run it, "" = it can
};

struct ModelList {
  std::vector<std::string> places;  // that were looked into
  std::vector<ListedModel> models;  // place by place, by name
  std::vector<std::string> notes;   // what could not be looked into, and where the looking ended early
};

/// Where list_models() looks when it is told nothing: models_directory(), models/ and runs/ of the working directory
/// and the cache of Hugging Face's libraries, as far as they are there.
std::vector<std::filesystem::path> model_places();

struct ModelListLimits {
  int max_depth = 6;                // folders below a place
  int64_t max_entries = 1'000'000;  // of all places together
};

/// Models below `places`: directories with a config.json, modules.json, rift.json or weights, .gguf files that lie in
/// none of the first three, and models--... folders of a cache. Links are followed, each directory is looked into once.
/// A directory that is broken is listed with its problem. Throws kArtefact for a place that is not there, kInterrupted.
ModelList list_models(const std::vector<std::filesystem::path>& places, const ModelListLimits& limits = {});

Json to_json(const ModelList& list);

}  // namespace rift::package
