#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/temp_directory.h"

/// Runs the program that was built, as a user would, and keeps what it said.
namespace rift::test {

struct ProgramRun {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string out;
  std::string err;
};

struct ProgramLimits {
  int64_t file_bytes = -1;  // RLIMIT_FSIZE: the stand-in for a full disk
};

inline int exit_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/// Starts the program with stdout and stderr in files of `folder`; returns its process id.
inline pid_t start_program(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                           const ProgramLimits& limits = {}) {
  std::vector<std::string> words = {RIFT_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string out = (folder / "stdout").string(), err = (folder / "stderr").string();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    const int out_fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(out_fd, 1);
    ::dup2(err_fd, 2);
    if (limits.file_bytes >= 0) {
      const rlimit limit{static_cast<rlim_t>(limits.file_bytes), static_cast<rlim_t>(limits.file_bytes)};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return pid;
}

inline int wait_for_program(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
  }
  return exit_status(status);
}

/// How it ended; nothing while it runs.
inline std::optional<int> ended_program(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  return exit_status(status);
}

inline ProgramRun run_program(const std::vector<std::string>& arguments, const ProgramLimits& limits = {}) {
  const TempDirectory folder;
  ProgramRun run;
  run.status = wait_for_program(start_program(folder.path(), arguments, limits));
  run.out = text_of(folder.path() / "stdout");
  run.err = text_of(folder.path() / "stderr");
  return run;
}

}  // namespace rift::test
