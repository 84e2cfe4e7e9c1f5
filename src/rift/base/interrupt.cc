#include "rift/base/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "rift/base/error.h"

namespace rift {
namespace {

std::atomic<int> g_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

void on_signal(int signal) {
  if (g_signal.exchange(signal) != 0) _exit(128 + signal);  // asked twice: no more waiting
}

}  // namespace

void install_interrupt_handler() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the size limit is an error of write(), not the end of the process
  std::signal(SIGPIPE, SIG_IGN);
}

int interrupt_signal() { return g_signal.load(); }

void throw_if_interrupted() {
  const int signal = interrupt_signal();
  RIFT_REQUIRE(signal == 0, Code::kInterrupted, "stopped by signal {}", signal);
}

int interrupt_exit_status() {
  const int signal = interrupt_signal();
  return signal == 0 ? code_info(Code::kInterrupted).exit_status : 128 + signal;
}

void clear_interrupt() { g_signal = 0; }

}  // namespace rift
