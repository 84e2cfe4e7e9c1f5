#pragma once

#include <string_view>

#include "rift/base/error.h"
#include "rift/base/json.h"

namespace rift::fuzz {

/// Parses the bytes as JSON and writes them again. True when accepted, false when refused with an Error of the file's
/// fault; anything else (another exception, a bug's Error, a sanitizer's report) escapes, as does a text that does not
/// read back to an equal value.
inline bool read_json(std::string_view bytes) {
  try {
    const Json json = parse_json(bytes, "fuzz");
    if (!(parse_json(to_json_text(json, 2), "again") == json)) RIFT_FAIL(Code::kBug, "JSON does not read back");
    return true;
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact) throw;
    return false;
  }
}

inline bool read_yaml(std::string_view bytes) {
  Json json;
  try {
    json = parse_yaml(bytes, "fuzz");
  } catch (const Error& error) {
    if (error.code() != Code::kConfig) throw;
    return false;
  }
  try {
    if (!(parse_yaml(to_yaml_text(json), "again") == json)) RIFT_FAIL(Code::kBug, "YAML does not read back");
  } catch (const Error& error) {
    RIFT_FAIL(Code::kBug, "written YAML: {}", error.message());
  }
  return true;
}

}  // namespace rift::fuzz
