#include "rift/base/peak_memory.h"

#include <malloc.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace rift {

void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  constexpr std::string_view kKey = "VmHWM:";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(kKey)) return std::strtod(line.c_str() + kKey.size(), nullptr) / 1024.0;  // of kB
  }
  return 0.0;
}

void return_free_memory() { ::malloc_trim(0); }

}  // namespace rift
