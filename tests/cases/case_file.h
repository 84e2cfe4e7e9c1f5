#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "rift/base/files.h"

/// Reads tests/cases/*.case (format: tools/fixtures/case_file.py) and holds functions to them.
namespace rift::cases {

using Values = std::vector<double>;

struct Case {
  std::string name;
  std::map<std::string, Values> columns;
  std::map<std::string, Values> expect;  // empty = not defined
  std::map<std::string, double> within;

  Values column(const std::string& key) const {
    const auto found = columns.find(key);
    return found == columns.end() ? Values{} : found->second;
  }
};

inline Values read_values(std::istringstream& line) {
  Values values;
  for (std::string word; line >> word;) {
    if (word == "none") continue;
    double value = std::nan("");
    const auto end = word.data() + word.size();
    const auto result = std::from_chars(word.data(), end, value);
    EXPECT_TRUE(result.ec == std::errc() && result.ptr == end) << "not a number: " << word;
    values.push_back(value);
  }
  return values;
}

inline std::vector<Case> read_cases(const std::string& name) {
  std::vector<Case> cases;
  std::istringstream text(read_file("tests/cases/" + name + ".case"));
  for (std::string row; std::getline(text, row);) {
    if (row.empty() || row[0] == '#') continue;
    std::istringstream line(row);
    std::string word;
    line >> word;
    if (word == "case") {
      cases.push_back({.name = row.substr(5)});
      continue;
    }
    std::string key;
    line >> key;
    if (word == "column")
      cases.back().columns[key] = read_values(line);
    else if (word == "expect")
      cases.back().expect[key] = read_values(line);
    else if (word == "within")
      cases.back().within[key] = read_values(line).at(0);
    else
      EXPECT_EQ(word, "source") << "in case " << cases.back().name;
  }
  return cases;
}

/// A figure of a case; empty = not defined.
using Figure = std::function<Values(const Case&)>;

inline Values values_of(const std::optional<double>& value) { return value ? Values{*value} : Values{}; }

/// Every expectation of every case in the file has a figure that meets it: the same count of values, each within 1e-9
/// of max(1, |expected|), or as the case says.
inline void expect_cases(const std::string& file, const std::map<std::string, Figure>& figures) {
  const std::vector<Case> cases = read_cases(file);
  ASSERT_FALSE(cases.empty());
  for (const Case& one : cases) {
    SCOPED_TRACE(file + ".case: " + one.name);
    ASSERT_FALSE(one.expect.empty());
    for (const auto& [key, expected] : one.expect) {
      SCOPED_TRACE(key);
      const auto figure = figures.find(key);
      ASSERT_NE(figure, figures.end()) << "the test does not know this figure";
      const Values got = figure->second(one);
      ASSERT_EQ(got.size(), expected.size());
      const auto within = one.within.find(key);
      for (size_t i = 0; i < got.size(); ++i) {
        const double tolerance =
            within != one.within.end() ? within->second : 1e-9 * std::max(1.0, std::abs(expected[i]));
        EXPECT_NEAR(got[i], expected[i], tolerance) << "value " << i;
      }
    }
  }
}

}  // namespace rift::cases
