#pragma once

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/client.h"

namespace rift::testing_support {

/// Where the data for tests lies: RIFT_TEST_DATA, else ../shared/data.
inline std::filesystem::path test_data() {
  const char* named = ::getenv("RIFT_TEST_DATA");
  return named == nullptr ? "../shared/data" : named;
}

/// Runs a Python script of the repository with arguments.
inline ClientRun run_script(const std::string& script, const std::vector<std::filesystem::path>& arguments) {
  std::string command = "HF_HUB_OFFLINE=1 OMP_WAIT_POLICY=passive '" + client_python().string() + "' -B " + script;
  for (const auto& argument : arguments) command += " '" + argument.string() + "'";
  ClientRun run;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return run;
  char buffer[4096];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) run.output.append(buffer, got);
  run.status = ::pclose(pipe);
  return run;
}

}  // namespace rift::testing_support
