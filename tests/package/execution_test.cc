#include "rift/package/execution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "rift/package/format/package.h"

namespace rift::package {
namespace {

TEST(Environment, NamesTheLibraries) {
  const Json environment = describe_environment();
  for (const char* name : {"libtorch", "duckdb", "lightgbm"}) {
    const std::string& version = environment.at(name).as_string();
    EXPECT_EQ(version.find_first_not_of("0123456789."), std::string::npos) << name << " " << version;
    EXPECT_GE(std::count(version.begin(), version.end(), '.'), 2) << name << " " << version;
  }
  EXPECT_NE(describe_execution("cpu").find("LibTorch " + environment.at("libtorch").as_string()), std::string::npos)
      << "the one that runs: " << describe_execution("cpu");
}

}  // namespace
}  // namespace rift::package
