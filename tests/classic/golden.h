#pragma once

#include <string>
#include <vector>

#include "rift/base/files.h"
#include "rift/base/json.h"

namespace rift::classic {

inline Json read_golden(const std::string& name) {
  return parse_json(read_file("tests/classic/fixtures/" + name), name);
}

/// A list of rows as one row-major vector.
inline std::vector<double> flat(const Json& rows) {
  std::vector<double> values;
  for (const Json& row : rows.as_array())
    for (double value : row.as_doubles()) values.push_back(value);
  return values;
}

}  // namespace rift::classic
