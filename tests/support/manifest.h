#pragma once

#include <filesystem>
#include <string>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/sha256.h"

namespace rift::test {

/// Makes `package` one that was published where `key` of the environment was `value`: its manifest's digest covers it.
inline void published_where(const std::filesystem::path& package, const std::string& key, const std::string& value) {
  const std::filesystem::path path = package / "manifest.json";
  Json manifest = parse_json(read_file(path), "manifest.json");
  manifest["environment"][key] = value;
  manifest["sha256"] = "";
  manifest["sha256"] = sha256_hex(to_json_text(manifest, 2));
  write_file_atomic(path, to_json_text(manifest, 2));
}

}  // namespace rift::test
