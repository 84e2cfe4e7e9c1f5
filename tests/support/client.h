#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace rift::test {

/// Python of the virtual environment that RIFT_CLIENTS names (default .deps/clients); empty when it is not there.
inline std::filesystem::path client_python() {
  const char* named = ::getenv("RIFT_CLIENTS");
  const std::filesystem::path python = std::filesystem::path(named == nullptr ? ".deps/clients" : named) / "bin/python";
  return std::filesystem::exists(python) ? python : std::filesystem::path();
}

#define RIFT_SKIP_WITHOUT_CLIENTS()                                                                                  \
  if (::rift::test::client_python().empty())                                                                         \
  GTEST_SKIP() << "no Python with the libraries of tests/clients/requirements.txt: set RIFT_CLIENTS to its virtual " \
                  "environment"

struct ClientRun {
  int status = -1;     // 0 = every check of the script held
  std::string output;  // stdout and stderr
};

/// Runs a Python script of the repository with arguments.
inline ClientRun run_client(const std::string& script, const std::vector<std::filesystem::path>& arguments) {
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

}  // namespace rift::test
