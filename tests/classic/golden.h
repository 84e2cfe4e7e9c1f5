#pragma once

#include <string>
#include <vector>

#include "rift/base/files.h"
#include "rift/base/json.h"

namespace rift::classic {

inline Json read_golden(const std::string& name) {
  return parse_json(read_file("tests/classic/fixtures/" + name), name);
}

inline std::vector<double> doubles(const Json& list) {
  std::vector<double> values;
  for (const Json& item : list.as_array()) values.push_back(item.as_double());
  return values;
}

/// A list of rows as one row-major vector.
inline std::vector<double> flat(const Json& rows) {
  std::vector<double> values;
  for (const Json& row : rows.as_array())
    for (double value : doubles(row)) values.push_back(value);
  return values;
}

}  // namespace rift::classic
