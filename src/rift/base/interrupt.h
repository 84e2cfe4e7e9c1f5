#pragma once

namespace rift {

/// SIGINT and SIGTERM set a flag; a second SIGINT ends the process at once. Long loops ask between steps.
void install_interrupt_handler();
int interrupt_signal();       // 0 while none has come
void throw_if_interrupted();  // Error(kInterrupted)
int interrupt_exit_status();  // 128 + the signal; 130 while none has come
void clear_interrupt();       // for tests

}  // namespace rift
