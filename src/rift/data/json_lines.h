#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/data/duckdb_session.h"

namespace rift::data {

/// How files of one JSON object a line are read.
struct JsonLines {
  std::string relation;         // SQL; gives a row of NULL for a line that is no object of JSON
  std::string broken_file;      // the first file that has such lines
  std::vector<int64_t> broken;  // they, from 0, blank lines not counted
};

/// Throws as throw_source_error() does; kData too when no line is an object. `name` is the source's for messages.
JsonLines find_json_lines(DuckSession& session, std::span<const std::string> files, const std::string& name);

/// What is wrong with a broken line, in words.
std::string broken_json_line(int64_t record);

}  // namespace rift::data
