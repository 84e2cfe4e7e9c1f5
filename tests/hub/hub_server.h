#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "support/temp_directory.h"

namespace rift::test {

#define RIFT_SKIP_WITHOUT_PYTHON() \
  if (::access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "python3 is not there, which runs the hub of the tests"

/// tests/hub/hub_server.py over the models in `root`, as long as this lives.
class HubServer {
 public:
  explicit HubServer(const std::filesystem::path& root, const std::filesystem::path& pem = {})
      : log_(root.parent_path() / "hub.log") {
    std::array<int, 2> in{}, out{};
    if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      for (const int end : {in[0], in[1], out[0], out[1]}) ::close(end);
      ::execl("/usr/bin/python3", "python3", "-B", "tests/hub/hub_server.py", root.c_str(), log_.c_str(),
              pem.empty() ? nullptr : pem.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    std::string port;
    for (char digit = 0; ::read(out[0], &digit, 1) == 1 && digit != '\n';) port += digit;
    ::close(out[0]);
    if (port.empty()) throw std::runtime_error("the hub of the tests did not start");
    endpoint_ = std::string(pem.empty() ? "http" : "https") + "://127.0.0.1:" + port;
  }
  HubServer(const HubServer&) = delete;
  HubServer& operator=(const HubServer&) = delete;
  ~HubServer() {
    ::close(stdin_);
    ::waitpid(pid_, nullptr, 0);
  }

  const std::string& endpoint() const { return endpoint_; }
  std::string log() const { return text_of(log_); }
  /// How many lines of the log hold `text`.
  int logged(std::string_view text) const {
    const std::string whole = log();
    int count = 0;
    for (size_t at = 0; (at = whole.find(text, at)) != std::string::npos; ++at) ++count;
    return count;
  }

 private:
  std::filesystem::path log_;
  std::string endpoint_;
  pid_t pid_ = -1;
  int stdin_ = -1;
};

}  // namespace rift::test
