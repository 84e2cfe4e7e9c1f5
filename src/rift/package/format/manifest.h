#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

/// manifest.json of a package: every file with its size and SHA-256, the environment that wrote it, and the SHA-256 of
/// all that ("sha256": of the text with an empty one).
namespace rift::package {

inline constexpr std::string_view kManifestFile = "manifest.json";

struct PackageFile {
  std::string name;  // relative, '/' between folders
  int64_t bytes = 0;
  std::string sha256;
};

/// Hashes what lies in `package` and writes manifest.json. `pretrained`: the model that the package's weights were made
/// from and its licence (package/pretrained.h), null = none. Throws kBug for anything that is not a plain file or
/// folder.
void write_manifest(const std::filesystem::path& package, const Json& pretrained = {});

/// What manifest.json says of the pretrained model; nullopt when `directory` is no package or has none in it. Throws
/// kArtefact.
std::optional<Json> pretrained_json_of(const std::filesystem::path& directory);

/// Checks every file of `package` against its manifest.json and returns the files in the manifest's order. Throws
/// kArtefact naming the file: missing, of another size or digest, there but not listed, a link, a name that leaves the
/// package.
std::vector<PackageFile> check_manifest(const std::filesystem::path& package);

/// Throws kConfig where `out`, which `flag` names, would lie inside of a package.
void require_outside_of_packages(const std::filesystem::path& out, std::string_view flag = "--out");

}  // namespace rift::package
