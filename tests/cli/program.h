#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/child.h"
#include "support/temp_directory.h"

/// Runs the program that was built, as a user would, and keeps what it said.
namespace rift::test {

struct ProgramRun {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string out;
  std::string err;
  int64_t peak_kib = 0;  // the most memory that it held
};

struct ProgramLimits {
  int64_t file_bytes = -1;  // RLIMIT_FSIZE: the stand-in for a full disk
};

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

/// How it ended; nothing while it runs.
inline std::optional<int> ended_program(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Sends `signal` to the started program when the moment has come, and returns how it ended. That it ends before, or
/// that the moment does not come, is a failure of the test.
template <class Moment>
int stop_program_at(pid_t pid, const Moment& has_come, int signal) {
  constexpr std::chrono::seconds kPatience{90};
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!has_come()) {
    if (const auto ended = ended_program(pid)) {
      ADD_FAILURE() << "the program ended with " << *ended << " before the moment came";
      return *ended;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "the moment did not come";
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::kill(pid, signal);
  return wait_for(pid);
}

/// Whether some path of a run's directory has `part` in it, such as "models/gbdt/.package.tmp-".
inline bool has_path(const std::filesystem::path& run, const std::string& part) {
  std::error_code ignored;
  for (std::filesystem::recursive_directory_iterator entry(run, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    if (entry->path().string().find(part) != std::string::npos) return true;
  }
  return false;
}

inline ProgramRun run_program(const std::vector<std::string>& arguments, const ProgramLimits& limits = {}) {
  const TempDirectory folder;
  ProgramRun run;
  rusage used{};
  run.status = wait_for(start_program(folder.path(), arguments, limits), &used);
  run.peak_kib = used.ru_maxrss;
  run.out = text_of(folder.path() / "stdout");
  run.err = text_of(folder.path() / "stderr");
  return run;
}

}  // namespace rift::test
