#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <stdexcept>

namespace rift::test {

constexpr int kChildThrew = 99;

/// Starts a child process that runs `body` and ends with the status it returns.
template <class Body>
pid_t start_child(Body body) {
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid > 0) return pid;
  int status = kChildThrew;
  try {
    status = body();
  } catch (...) {
  }
  ::_exit(status);
}

/// Exit status of the child, or 128 + the signal that ended it; and what it used, where that is asked for.
inline int wait_for(pid_t pid, rusage* used = nullptr) {
  int status = 0;
  while (::wait4(pid, &status, 0, used) < 0) {
    if (errno != EINTR) throw std::runtime_error("wait4 failed: no such child");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

template <class Body>
int status_of_child(Body body) {
  return wait_for(start_child(body));
}

}  // namespace rift::test
