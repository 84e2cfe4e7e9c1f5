#pragma once

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace rift::testing_support {

/// Python of the virtual environment that RIFT_CLIENTS names (default .deps/clients); empty when it is not there.
inline std::filesystem::path client_python() {
  const char* named = ::getenv("RIFT_CLIENTS");
  const std::filesystem::path python = std::filesystem::path(named == nullptr ? ".deps/clients" : named) / "bin/python";
  return std::filesystem::exists(python) ? python : std::filesystem::path();
}

struct ClientRun {
  int status = -1;     // 0 = every check of the script held
  std::string output;  // stdout and stderr
};

/// Runs tests/checkpoint/clients/<script> on a directory.
inline ClientRun run_client(const std::string& script, const std::filesystem::path& directory) {
  const std::string command = "HF_HUB_OFFLINE=1 '" + client_python().string() + "' -B tests/checkpoint/clients/" +
                              script + " '" + directory.string() + "' 2>&1";
  ClientRun run;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return run;
  char buffer[4096];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) run.output.append(buffer, got);
  run.status = ::pclose(pipe);
  return run;
}

}  // namespace rift::testing_support
