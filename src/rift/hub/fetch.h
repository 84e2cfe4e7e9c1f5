#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/hub/hub_api.h"

/// Getting a model from a hub. Nothing here is called unless someone asks for it by rift models fetch.
namespace rift::hub {

/// Which of the files that the hub lists are taken.
using ChooseFiles = std::function<std::vector<std::string>(std::span<const std::string> names)>;

struct FetchSpec {
  std::string id;
  std::string revision = "main";  // branch, tag or commit
  HubSettings hub;
  std::filesystem::path cache;              // where the model goes, as huggingface_hub lays it out ...
  std::optional<std::filesystem::path> to;  // ... or this directory, which appears whole or not at all
  ChooseFiles choose;
  RetryOptions retry;
};

struct FetchedFile {
  HubFile file;
  bool downloaded = false;  // false: it was there already, and its digest was checked again
};

struct FetchResult {
  std::string id;
  std::string revision;
  std::string commit;
  std::filesystem::path directory;
  std::vector<FetchedFile> files;
  int64_t downloaded_bytes = 0;
};

/// Resolves the revision to a commit and gets the chosen files that are not there yet, each checked by size and digest
/// before it takes its name. Stopped at any point, the next call goes on where this one ended. Throws kConfig (no name
/// of a model, `to` holds something else), kUnsupported (HF_HUB_OFFLINE), kArtefact, kEnvironment, kInterrupted.
FetchResult fetch(const FetchSpec& spec);

Json to_json(const FetchResult& result);

}  // namespace rift::hub
