#include "rift/base/interrupt.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "support/child.h"
#include "support/failure.h"

namespace rift {
namespace {

TEST(Interrupt, ASignalIsRememberedUntilALoopAsks) {
  for (const int signal : {SIGINT, SIGTERM}) {
    EXPECT_EQ(test::status_of_child([signal] {
                install_interrupt_handler();
                throw_if_interrupted();
                ::raise(signal);
                if (interrupt_signal() != signal) return 1;
                try {
                  throw_if_interrupted();
                } catch (const Error& error) {
                  return error.code() == Code::kInterrupted ? 0 : 2;
                }
                return 3;
              }),
              0);
  }
}

TEST(Interrupt, ASecondOneEndsTheProcessAtOnce) {
  EXPECT_EQ(test::status_of_child([] {
              install_interrupt_handler();
              ::raise(SIGINT);
              ::raise(SIGINT);
              return 1;
            }),
            128 + SIGINT);
}

TEST(Interrupt, ClearForgetsIt) {
  EXPECT_EQ(test::status_of_child([] {
              install_interrupt_handler();
              ::raise(SIGINT);
              clear_interrupt();
              throw_if_interrupted();
              ::raise(SIGINT);  // the first one again
              return interrupt_signal() == SIGINT ? 0 : 1;
            }),
            0);
}

TEST(Interrupt, AClosedPipeIsAnErrorOfWriteNotTheEnd) {
  EXPECT_EQ(test::status_of_child([] {
              install_interrupt_handler();
              int ends[2];
              if (::pipe(ends) != 0) return 1;
              ::close(ends[0]);
              return ::write(ends[1], "x", 1) < 0 ? 0 : 2;
            }),
            0);
}

TEST(Interrupt, ExitStatusNamesTheSignal) {
  EXPECT_EQ(test::status_of_child([] {
              install_interrupt_handler();
              ::raise(SIGTERM);
              return interrupt_exit_status();
            }),
            128 + SIGTERM);
}

}  // namespace
}  // namespace rift
