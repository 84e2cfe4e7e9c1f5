#include <unistd.h>

#include <cstdlib>

#include "rift/base/interrupt.h"
#include "rift/cli/command_line.h"

namespace {

// OpenMP reads its settings while the program is being loaded, so they must stand before that: start once more with
// them. Waiting threads that spin would take a third to nine tenths of the CPU from our own pool (base/threads.h).
void start_with_passive_openmp(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  execv("/proc/self/exe", argv);  // returns only when it cannot: then the program runs as it is, slower
}

}  // namespace

int main(int argc, char** argv) {
  start_with_passive_openmp(argv);
  rift::install_interrupt_handler();
  return rift::cli::run_command_line(argc, argv);
}
